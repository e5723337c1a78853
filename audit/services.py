"""Writing to the audit log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.db import transaction

from agentsite.common.acting import as_server
from agentsite.common.insertion import insert
from agentsite.common.redaction import hide_own
from agentsite.common.requests import caller
from agentsite.common.texts import storable
from audit import bounds
from audit.leaves import leaf_of, plain
from audit.models import AuditLog, Category, Severity

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


_LONGEST_ERROR = 500


class NotInTransaction(RuntimeError):
    """An act and its entry must stand or fall together."""


def record(
    action: str,
    *,
    user: "AbstractBaseUser | None",
    resource_type: str = "",
    resource_id: str = "",
    description: str = "",
    details: Mapping[str, object] | None = None,
    category: Category = Category.GENERAL,
    severity: Severity = Severity.INFO,
    error: str = "",
) -> None:
    """Write one entry in the transaction of the act, with where the request for it came from.

    :param action: dotted, past tense; ``audit.actions`` has a sentence for each.
    :param description: what the sentence can't say: a name, an address.
    :param error: why the act was refused or failed, a code where there is one; empty when it was done.
    :raises NotInTransaction: no transaction is open, so the act could happen without its entry.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(action)
    who = caller()
    entry = AuditLog(
        action=action,
        user_id=user.pk if user else None,
        user_label=user.get_username() if user else "system",
        resource_type=resource_type,
        resource_id=resource_id,
        description=hide_own(storable(description)),
        details=plain(hide_own(storable(dict(details or {})))),
        event_category=category,
        severity=severity,
        ip_address=who.ip_address,
        user_agent=who.user_agent,
        success=not error,
        error_message=hide_own(storable(error[:_LONGEST_ERROR])),
    )
    entry.leaf = leaf_of(entry)
    with as_server():  # who acts may be nobody, or somebody else than the entry is about
        insert(entry)


def record_rarely(action: str, *, about: str, user: "AbstractBaseUser | None", **entry: Any) -> None:
    """Write what strangers can cause as often as they like, at most once a minute about each thing.

    It is a transaction of its own where none is open; details say how many entries were left out before.

    :param about: what is refused, or whom.
    """
    left_out = bounds.left_out(action, about)
    if left_out is None:
        return
    details = {**entry.pop("details", {}), **({"left_out": left_out} if left_out else {})}
    with transaction.atomic():
        record(action, user=user, details=details, severity=Severity.WARNING, category=Category.SECURITY, **entry)
