"""What was changed in a row, for the audit log."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

_SECRET = frozenset(
    {"password", "key_hash", "token_hash", "secret", "secret_encrypted", "session_key", "token", "data", "url"}
)
"""Columns whose values are nobody's to read, not even in the log; receivers' addresses hold secrets, too."""
_ITSELF = ("updated_at", "last_login")
HIDDEN = "changed"
_LONGEST = 500


def is_secret(name: str) -> bool:
    """Say whether a column may hold what nobody is to read."""
    return name in _SECRET


def changes_between(before: Model | None, after: Model | None) -> dict[str, Any]:
    """Return the changed columns by name, each with its old and its new value; of secrets only that they changed."""
    row = after or before
    if row is None:
        return {}
    found = {}
    for name in (field.attname for field in row._meta.concrete_fields if field.name not in _ITSELF):  # noqa: SLF001  documented
        old, new = (getattr(one, name) if one is not None else None for one in (before, after))
        if _shown(old) != _shown(new):
            found[name] = HIDDEN if is_secret(name) else [_shown(old), _shown(new)]
    return found


def lists_between(before: dict[str, list[str]], after: dict[str, list[str]]) -> dict[str, Any]:
    """Return what was added to lists and taken from them, by the lists' names."""
    return {
        name: {"added": _less(after[name], before[name]), "removed": _less(before[name], after[name])}
        for name in after
        if before[name] != after[name]
    }


def _less(names: Iterable[str], without: Iterable[str]) -> list[str]:
    return sorted(set(names) - set(without))


def _shown(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:_LONGEST]
