"""What a server accepts: each rejected request moves one step down, and the step that worked is remembered.

Servers that call themselves compatible differ in the structured output, the parameters and the usage they know.
"""

from dataclasses import dataclass, replace
from typing import Literal

from builds.agent.llm.settings import Provider

Structure = Literal["schema", "json", "plain"]

_RUNGS: dict[Provider, tuple[Structure, ...]] = {"anthropic": ("schema", "plain")}
_ALL_RUNGS: tuple[Structure, ...] = ("schema", "json", "plain")


@dataclass(frozen=True)
class Dialect:
    """How a request is put to one server.

    ``has_new_limit`` means ``max_completion_tokens`` in place of ``max_tokens``.
    """

    structure: Structure = "schema"
    has_temperature: bool = True
    has_usage: bool = True
    has_new_limit: bool = False

    def weaker(self, provider: Provider, reason: str, *, is_structured: bool) -> "Dialect | None":
        """Return what to try after a rejection; None when nothing is left.

        :param reason: the server's words; a parameter they name is changed before the structure is given up.
        """
        words = reason.lower()
        if self.has_temperature and "temperature" in words:
            return replace(self, has_temperature=False)
        if self.has_usage and ("stream_options" in words or "include_usage" in words):
            return replace(self, has_usage=False)
        if not self.has_new_limit and "max_completion_tokens" in words:
            return replace(self, has_new_limit=True)
        return self._next_rung(provider) if is_structured else None

    def _next_rung(self, provider: Provider) -> "Dialect | None":
        rungs = _RUNGS.get(provider, _ALL_RUNGS)
        below = rungs[rungs.index(self.structure) + 1 :]
        return replace(self, structure=below[0]) if below else None


_remembered: dict[tuple[str, str], Dialect] = {}


def recall_dialect(model: str, server: str) -> Dialect:
    """Return the dialect that last worked for a model on a server in this process."""
    return _remembered.get((model, server), Dialect())


def forget_dialects() -> None:
    """Start anew, as after the servers were changed."""
    _remembered.clear()


def remember_dialect(model: str, server: str, dialect: Dialect) -> None:
    """Keep a dialect that worked."""
    _remembered[model, server] = dialect
