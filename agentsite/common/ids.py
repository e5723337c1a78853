"""Identifiers."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    """Return a new UUIDv7: ordered by time, so that an index on it stays local under inserts."""
    return _uuid7()
