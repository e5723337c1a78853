"""What people change of their own account."""

from django.db import transaction

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category


@transaction.atomic
def update(user: User, **changes: str) -> User:
    """Write full name or language; what is left out stays."""
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
