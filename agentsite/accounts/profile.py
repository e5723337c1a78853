"""What people change of their own account."""

import unicodedata

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import invalid
from agentsite.common.texts import reorders
from audit import services as audit
from audit.models import Category


@transaction.atomic
def update(user: User, **changes: str) -> User:
    """Write full name or language; what is left out stays.

    :raises AppError: ``request.invalid`` for a name that cannot be shown on one line.
    """
    full_name = changes.get("full_name", "")
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
