"""Which languages can be built, and with what."""

from collections.abc import Callable
from dataclasses import dataclass

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox, Toolchain
from builds.agent.values import SandboxLimits
from builds.toolchains.javascript import JavaScriptToolchain
from builds.toolchains.node import javascript_problem, typescript_problem
from builds.toolchains.python import PythonToolchain

TOOLCHAINS: dict[str, Callable[[Sandbox, SandboxLimits], Toolchain]] = {
    "javascript": JavaScriptToolchain,
    "python": PythonToolchain,
}
PROBLEMS: dict[str, Callable[[], str]] = {
    "javascript": javascript_problem,
    "python": lambda: "",
    "typescript": typescript_problem,
}


@dataclass(frozen=True)
class LanguageStatus:
    """Whether a language can be built on this machine."""

    name: str
    is_available: bool
    reason: str
    """Dotted code of what is missing; empty when available."""


def languages() -> tuple[LanguageStatus, ...]:
    """Return every language that is known, sorted; cheap enough to be asked for each page."""
    problems = {name: find() for name, find in sorted(PROBLEMS.items())}
    return tuple(LanguageStatus(name, not reason, reason) for name, reason in problems.items())


def supported_languages() -> tuple[str, ...]:
    """Return the names of the languages that can be built here, sorted."""
    return tuple(language.name for language in languages() if language.is_available)


def toolchain_for(language: str, sandbox: Sandbox, limits: SandboxLimits | None = None) -> Toolchain:
    """Return the toolchain for a language, working in the given sandbox.

    :raises AgentError: ``toolchain.unsupported``.
    """
    make = TOOLCHAINS.get(language)
    if make is None or language not in supported_languages():
        raise AgentError("toolchain.unsupported", language=language[:40], supported=list(supported_languages()))
    return make(sandbox, limits or SandboxLimits())
