"""What a starting server found: database, broker, model, sandbox."""

from collections.abc import Iterator

from agentsite import health, wall
from builds import engine, failures

_NO_SANDBOX = "none: builds will not run"


def lines() -> Iterator[str]:
    """Say for each part what it is, in one line each, with advice where something is missing."""
    yield f"database  {_told(health.database())}"
    yield f"rows      {wall.state()}"
    yield f"broker    {_told(health.broker())}"
    yield f"model     {engine.model_name()}{_cookbook_remark()}"
    vectors = health.vectors()
    yield f"vectors   {vectors['engine']}{'' if vectors['available'] else ', not in use: searching by words'}"
    found = engine.sandbox_health()
    if found.description:
        yield f"sandbox   {found.description.backend} {found.description.version}, {found.description.identity}"
    else:
        yield f"sandbox   {_NO_SANDBOX}"
        yield f"          {failures.hint('sandbox.unavailable', found.error.details if found.error else None)}"


def _told(part: dict[str, object]) -> str:
    return str(part.get("engine")) if part["ok"] else f"not working: {part.get('error')}"


def _cookbook_remark() -> str:
    return (
        " (offline recipes; set AGENT_MODEL to connect a model)" if engine.model_name().startswith("cookbook") else ""
    )
