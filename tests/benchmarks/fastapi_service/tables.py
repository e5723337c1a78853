"""Agentsite's own tables, as a service without Django finds them."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import create_async_engine

engine = create_async_engine(os.environ["BENCH_DATABASE_URL"], pool_size=15, max_overflow=0)
metadata = sa.MetaData()
_NAMES = (
    *("accounts_apikey", "accounts_user", "accounts_dailyusage"),
    *("builds_run", "builds_build", "builds_runevent", "builds_tokenusage", "audit_auditlog"),
)
LISTED = frozenset(
    {
        *("id", "user_id", "parent_id", "forked_attempt", "project_name", "description", "requirements", "language"),
        *("tags", "status", "verification", "model", "budget_usd", "error_code", "error_message", "started_at"),
        *("completed_at", "duration_seconds", "created_at", "updated_at"),
    }
)
_EMPTY: dict[type, Callable[[], Any]] = {
    sa.String: str,
    JSONB: dict,
    sa.Boolean: bool,
    sa.Integer: int,
    sa.Numeric: int,
    sa.DateTime: lambda: datetime.now(UTC),
}
_fillers: dict[str, dict[str, Callable[[], Any]]] = {}


async def look() -> None:
    """Find out what the tables are like."""
    async with engine.connect() as connection:
        await connection.run_sync(lambda sync: metadata.reflect(sync, only=_NAMES))
    for name in _NAMES:
        needed = [column for column in metadata.tables[name].columns if _needs_a_value(column)]
        _fillers[name] = {column.name: _filler(column) for column in needed}


def table(name: str) -> sa.Table:
    """Return a table."""
    return metadata.tables[name]


def row(name: str, **given: Any) -> sa.Insert:
    """Return the insertion of a row; what must not be null and isn't given is empty."""
    filled = {column: filler() for column, filler in _fillers[name].items() if column not in given}
    return sa.insert(table(name)).values(filled | given)


def _needs_a_value(column: sa.Column[Any]) -> bool:
    return not (column.nullable or column.identity or column.server_default)


def _filler(column: sa.Column[Any]) -> Callable[[], Any]:
    return next((filler for kind, filler in _EMPTY.items() if isinstance(column.type, kind)), str)
