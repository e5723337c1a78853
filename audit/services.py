"""Writing to the audit log."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import transaction

from agentsite.common.acting import as_server
from agentsite.common.redaction import hide_own
from audit.leaves import leaf_of, plain
from audit.models import AuditLog, Category, Severity

if TYPE_CHECKING:
    from django.contrib.auth.base_user import AbstractBaseUser


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
) -> None:
    """Write one entry in the transaction of the act.

    :param action: dotted, past tense.
    :raises NotInTransaction: no transaction is open, so the act could happen without its entry.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(action)
    entry = AuditLog(
        action=action,
        user_id=user.pk if user else None,
        user_label=user.get_username() if user else "system",
        resource_type=resource_type,
        resource_id=resource_id,
        description=hide_own(description),
        details=plain(hide_own(dict(details or {}))),
        event_category=category,
        severity=severity,
    )
    entry.leaf = leaf_of(entry)
    with as_server():  # who acts may be nobody, or somebody else than the entry is about
        entry.save(force_insert=True)
