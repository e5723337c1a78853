"""Identifiers."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new UUIDv7: ordered by time, so that an index on it stays local under inserts."""
    return _uuid7()


def first_uuid7(at: datetime) -> UUID:
    """Return the smallest identifier that could be made at a moment: those made later come after it."""
    milliseconds = int(at.timestamp() * 1000)
    return UUID(int=(milliseconds << 80) | (0x7 << 76) | (0b10 << 62))
