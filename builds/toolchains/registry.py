"""Which languages can be built, and with what."""

from collections.abc import Callable

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox, Toolchain
from builds.agent.values import SandboxLimits
from builds.toolchains.python import PythonToolchain

TOOLCHAINS: dict[str, Callable[[Sandbox, SandboxLimits], Toolchain]] = {"python": PythonToolchain}


def supported_languages() -> tuple[str, ...]:
    """Return the names that ``toolchain_for`` knows, sorted."""
    return tuple(sorted(TOOLCHAINS))


def toolchain_for(language: str, sandbox: Sandbox, limits: SandboxLimits | None = None) -> Toolchain:
    """Return the toolchain for a language, working in the given sandbox.

    :raises AgentError: ``toolchain.unsupported``.
    """
    make = TOOLCHAINS.get(language)
    if make is None:
        raise AgentError("toolchain.unsupported", language=language[:40], supported=list(supported_languages()))
    return make(sandbox, limits or SandboxLimits())
