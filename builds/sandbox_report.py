"""What workers learnt of the sandbox-runner, for processes that can't ask it: the web has no way to it, and no token.

It is kept in the shared cache. Before a worker has reported nothing is known, and a worker judges each build anyway.
"""

from django.conf import settings
from django.core.cache import cache
from pydantic import BaseModel, JsonValue, ValidationError

from builds.agent.errors import AgentError
from builds.agent.values import SandboxDescription
from builds.sandbox import letters
from builds.sandbox.choose import choose_sandbox
from builds.toolchains import registry

_KEY = "sandbox-report"
_KEEP_SECONDS = 60
SHARE_SECONDS = 10.0


class SandboxReport(BaseModel):
    """What is known about where code runs."""

    description: SandboxDescription | None = None
    error: str = ""
    details: dict[str, JsonValue] = {}
    reads_letters: bool = False
    problems: dict[str, str]
    """Language → what it lacks; empty when it can be built."""


def is_elsewhere() -> bool:
    """Say whether code runs where only workers can ask."""
    return bool(settings.SANDBOX_URL) and not settings.SANDBOX_TOKEN


def found() -> SandboxReport:
    """Ask the sandbox of this process."""
    try:
        sandbox = choose_sandbox()
        problems = {language.name: language.reason for language in registry.languages(sandbox)}
        reads = letters.are_read(sandbox)
        return SandboxReport(description=sandbox.describe(), reads_letters=reads, problems=problems)
    except AgentError as error:
        told = {"error": error.code, "details": dict(error.details), "problems": registry.assumed_problems()}
        return SandboxReport.model_validate(told)


def share() -> None:
    """Tell the other processes what this worker sees; there is nothing to tell where each sees for itself."""
    if settings.SANDBOX_URL and settings.SANDBOX_TOKEN:
        cache.set(_KEY, found().model_dump_json(), _KEEP_SECONDS)


def shared() -> SandboxReport:
    """Return what a worker told in the last minute; without any word no runner can be reached."""
    return _told() or SandboxReport(error="sandbox.unreachable", problems=registry.assumed_problems())


def known() -> SandboxReport:
    """Return what a worker told, so that nobody waits for the runner; ask it only where there was no word."""
    return shared() if is_elsewhere() else _told() or found()


def _told() -> SandboxReport | None:
    try:
        return SandboxReport.model_validate_json(cache.get(_KEY) or "")
    except ValidationError:
        return None
