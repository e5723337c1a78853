"""What of an entry is hashed, and how.

The number of an entry is left out: the database gives it out with the INSERT, so hashing it would cost a second
statement. Its place in a seal says the order, and the number stands beside the leaf there.
"""

import ipaddress
import json
from collections.abc import Mapping

from audit import verify_export as proof
from audit.models import AuditLog

_TEXTS = (
    *("user_label", "action", "event_category", "severity", "resource_type", "resource_id"),
    *("description", "user_agent", "error_message"),
)
_FORMAT = 1


def leaf_of(entry: AuditLog) -> str:
    """Return the hash of an entry's content."""
    return proof.leaf(content_of(entry))


def content_of(entry: AuditLog) -> dict[str, object]:
    """Return what of an entry is hashed, the same before it is stored and after, on every engine."""
    content: dict[str, object] = {name: str(getattr(entry, name)) for name in _TEXTS}
    return content | {
        "format": _FORMAT,
        "user_id": entry.user_id,
        "ip_address": _address(entry.ip_address),
        "success": entry.success,
        "details": plain(entry.details),
        "created_at": proof.moment(entry.created_at),
    }


def plain(details: Mapping[str, object]) -> object:
    """Return details as every database gives them back: to PostgreSQL 1e16 is a whole number, and keys are text."""
    if not details:
        return {}
    return json.loads(json.dumps(details, allow_nan=False), parse_float=_number)


def _address(text: str | None) -> str | None:
    """Return an address in the one way that Python writes it: a database may have another."""
    try:
        return str(ipaddress.ip_address(text)) if text else None
    except ValueError:
        return text  # SQLite keeps any text


def _number(text: str) -> float:
    number = float(text)
    return int(number) if number.is_integer() else number
