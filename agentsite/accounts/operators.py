"""The first operator account."""

import secrets

from django.db import transaction

from agentsite import env
from agentsite.accounts.models import User
from audit import services as audit

FIRST_OPERATOR = "admin"


@transaction.atomic
def ensure_first_operator() -> str | None:
    """Make the operator's account when there is no account at all; return a password that was made up, else None."""
    if User.objects.exists():
        return None
    given = env.text("AGENTSITE_ADMIN_PASSWORD")
    password = given or secrets.token_urlsafe(12)
    user = User.objects.create_superuser(FIRST_OPERATOR, password=password)
    audit.record(
        "user.created", user=user, resource_type="user", resource_id=str(user.pk), description="first operator"
    )
    return None if given else password
