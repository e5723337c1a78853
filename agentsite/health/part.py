"""How one part of the installation is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from agentsite.health import words


class State(StrEnum):
    """What can be said of a part."""

    OK = "ok"
    DEGRADED = "degraded"
    """It works, and somebody should look at it."""
    DOWN = "down"
    OFF = "off"
    """It is not wanted here."""


@dataclass(frozen=True)
class Part:
    """What one look found; everybody may read it, so it names no host, no path and no secret."""

    state: State
    engine: str = ""
    code: str = ""
    """Stable and dotted, when there is something to say."""
    details: Mapping[str, object] = field(default_factory=dict)
    """What fills the sentence of the code."""
    more: Mapping[str, object] = field(default_factory=dict)
    """Of a part's own, beside what all tell."""

    def told(self, seconds: float) -> dict[str, object]:
        """Return it as ``/readyz`` says it, with how long the look took."""
        told: dict[str, object] = {"ok": self.state != State.DOWN, "state": self.state.value}
        told |= {"seconds": round(seconds, 3)}
        if self.engine:
            told["engine"] = self.engine
        if self.code:
            told |= {"code": self.code, "message": words.sentence(self.code, self.details)}
        return told | dict(self.more)


def ok(engine: str, **more: object) -> Part:
    """Return a part that works."""
    return Part(State.OK, engine, more=more)


def degraded(engine: str, code: str, **details: object) -> Part:
    """Return a part that works, but should be looked at."""
    return Part(State.DEGRADED, engine, code, details)


def down(engine: str, code: str, **details: object) -> Part:
    """Return a part that does not work."""
    return Part(State.DOWN, engine, code, details)
