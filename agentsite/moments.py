"""Moments as PostgreSQL writes them, read by Python's own parser.

Django reads them in Python, ten times slower, to put them in the zone of the connection, which is UTC anyway.
"""

from datetime import UTC, datetime
from typing import Any

from psycopg.types.datetime import TimestamptzLoader


class _UtcLoader(TimestamptzLoader):
    """Read what is in UTC; what the parser can't read goes psycopg's way."""

    timezone = UTC
    """Django looks here whether it has to bring a loader of its own."""

    def load(self, data: Any) -> datetime:
        """Return a moment."""
        try:
            return datetime.fromisoformat(str(data, "ascii"))
        except ValueError:
            return super().load(data)


def read_fast(connection: Any, **_: object) -> None:
    """Let a connection read moments so; for ``connection_created``."""
    if connection.vendor == "postgresql" and connection.timezone is UTC:
        connection.connection.adapters.register_loader("timestamptz", _UtcLoader)
