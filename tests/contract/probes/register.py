"""A probe is one attempt at something that must be impossible inside a sandbox.

Each one also has to work where there is no sandbox, or it proves nothing; ``control`` says for whom it does there.
Attempts are harmless by construction when they succeed: they open without reading, or call with arguments that the
kernel refuses only after it has asked whether the caller may call at all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Bait = dict[str, Any]
"""What of the host the attempts aim at; see ``bait.py``."""
Attempt = Callable[[Bait], bool]
"""Returns True when it got what it wanted; an ``OSError`` means that it was refused."""
Control = Literal["any", "root", "none"]


@dataclass(frozen=True)
class Probe:
    """One attempt, and who succeeds with it on the bare machine."""

    name: str
    attempt: Attempt
    control: Control
    reason: str
    """Why it can't succeed on every machine without a sandbox, or must not be tried there."""


PROBES: dict[str, Probe] = {}


def probe(control: Control = "any", reason: str = "") -> Callable[[Attempt], Attempt]:
    """Register an attempt under its function's name."""

    def register(attempt: Attempt) -> Attempt:
        add(attempt.__name__, attempt, control, reason)
        return attempt

    return register


def add(name: str, attempt: Attempt, control: Control = "any", reason: str = "") -> None:
    """Register an attempt under a name of its own."""
    assert name not in PROBES, name
    assert (control == "none") <= bool(reason), name
    PROBES[name] = Probe(name, attempt, control, reason)
