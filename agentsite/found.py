"""What a starting server found: database, broker, model, vectors, sandbox."""

from collections.abc import Iterator

from agentsite import health, wall
from agentsite.health import words
from builds import engine, failures

SANDBOX_SECONDS = 60.0
"""What the self-test of a sandbox may take on a busy machine."""


def lines() -> Iterator[str]:
    """Say for each part what it is, in one line each, with advice where something is missing."""
    parts = health.parts({"sandbox": SANDBOX_SECONDS})
    yield f"database  {_told(parts['database'])}"
    yield f"rows      {wall.state()}"
    yield f"broker    {_told(parts['broker'])}"
    yield f"model     {_told(parts['model'])}{cookbook_remark(parts['model'])}"
    yield f"vectors   {_told(parts['vectors'])}"
    yield f"disk      {_told(parts['disk'])}"
    yield from _sandbox_lines()


def _sandbox_lines() -> Iterator[str]:
    found = engine.sandbox_health()
    if found.description:
        yield f"sandbox   {found.description.backend} {found.description.version}, {found.description.identity}"
    else:
        yield "sandbox   none: builds will not run"
        yield f"          {failures.hint('sandbox.unavailable', found.error.details if found.error else None)}"


def _told(part: dict[str, object]) -> str:
    code, engine_name = str(part.get("code", "")), str(part.get("engine", ""))
    if not code:
        return engine_name
    return f"{engine_name + ': ' if engine_name else ''}{part['message']} {words.advice(code)}".strip()


def cookbook_remark(part: dict[str, object]) -> str:
    """Say that a model can be connected, where none is."""
    is_cookbook = str(part.get("engine")).startswith("cookbook")
    return " (offline recipes; set AGENT_MODEL to connect a model)" if is_cookbook else ""
