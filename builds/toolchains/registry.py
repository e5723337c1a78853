"""Which languages can be built, and with what."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox, Toolchain
from builds.agent.values import SandboxLimits
from builds.toolchains.javascript import JavaScriptToolchain, TypeScriptToolchain
from builds.toolchains.javascript.layout import JAVASCRIPT, TYPESCRIPT
from builds.toolchains.node import javascript_problem, typescript_problem
from builds.toolchains.python import PythonToolchain
from builds.toolchains.python import layout as python

TOOLCHAINS: dict[str, Callable[[Sandbox, SandboxLimits], Toolchain]] = {
    "javascript": JavaScriptToolchain,
    "python": PythonToolchain,
    "typescript": TypeScriptToolchain,
}
CODE: dict[str, Callable[[Iterable[str]], list[str]]] = {
    "javascript": JAVASCRIPT.code_files,
    "python": python.code_files,
    "typescript": TYPESCRIPT.code_files,
}
"""Which of a project's files are judged: tests and configuration are not."""
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


def languages(sandbox: Sandbox | None = None) -> tuple[LanguageStatus, ...]:
    """Return every language that is known, sorted; cheap enough to be asked for each page.

    :param sandbox: where code will run, which decides what can be built; None means on this machine.
    :raises AgentError: the runner of a remote sandbox can't be asked.
    """
    about = getattr(sandbox, "about", None)  # of a RemoteSandbox, whatever is wrapped around it
    if about is not None:
        return as_status(about().languages)
    return as_status({name: find() for name, find in PROBLEMS.items()})


def language(name: str) -> LanguageStatus | None:
    """Return one language as it can be built on this machine, without looking for what others need; None: unknown."""
    find = PROBLEMS.get(name)
    return as_status({name: find()})[0] if find else None


def as_status(problems: Mapping[str, str]) -> tuple[LanguageStatus, ...]:
    """Return the languages with what they lack."""
    return tuple(LanguageStatus(name, not reason, reason) for name, reason in sorted(problems.items()))


def assumed_problems() -> dict[str, str]:
    """Return what each language lacks as far as anybody can say who doesn't know the machine."""
    return dict.fromkeys(PROBLEMS, "")


def supported_languages(sandbox: Sandbox | None = None) -> tuple[str, ...]:
    """Return the names of the languages that can be built, sorted."""
    return tuple(language.name for language in languages(sandbox) if language.is_available)


def toolchain_for(language: str, sandbox: Sandbox, limits: SandboxLimits | None = None) -> Toolchain:
    """Return the toolchain for a language, working in the given sandbox.

    :raises AgentError: ``toolchain.unsupported``.
    """
    make = TOOLCHAINS.get(language)
    if make is None or language not in supported_languages(sandbox):
        raise AgentError("toolchain.unsupported", language=language[:40], supported=list(supported_languages(sandbox)))
    return make(sandbox, limits or SandboxLimits())
