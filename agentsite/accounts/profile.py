"""What people change of their own account."""

import unicodedata
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.runtime.table import MESSAGE_RETENTION_MAX_DAYS
from agentsite.common.errors import invalid
from agentsite.common.texts import reorders
from audit import services as audit
from audit.models import Category


@transaction.atomic
def update(user: User, **changes: Any) -> User:
    """Write full name, language or for how many days messages are kept; what is left out stays.

    :raises AppError: ``request.invalid`` for a name that cannot be shown on one line, or more days than there may be.
    """
    full_name, days = changes.get("full_name", ""), changes.get("history_retention_days")
    most = MESSAGE_RETENTION_MAX_DAYS.now()
    if days is not None and not 1 <= days <= most:
        raise invalid(history_retention_days=_("Give a whole number from 1 to %(most)d.") % {"most": most})
    if full_name and (reorders(full_name) or any(unicodedata.category(letter) == "Cc" for letter in full_name)):
        raise invalid(full_name=_("Give a name of letters that can be shown on one line."))
    for name, value in changes.items():
        setattr(user, name, value)
    if changes:
        user.save(update_fields=[*changes, "updated_at"])
        audit.record(
            "user.changed",
            user=user,
            resource_type="user",
            resource_id=str(user.pk),
            details={"fields": sorted(changes)},
            category=Category.ACCESS,
        )
    return user
