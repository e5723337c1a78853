"""Ending an account."""

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from agentsite.accounts.models import Invitation, Role, User
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError, invalid
from audit import services as audit
from audit.models import Category, Severity


@transaction.atomic
def close_account(*, user: User, typed_name: str) -> None:
    """Delete an account with everything that is its own; builds that run are given up, the audit log keeps its name.

    :raises AppError: ``request.invalid`` when the name was not typed as it is; ``account.last_operator``.
    """
    if typed_name != user.get_username():
        raise invalid(typed_name=_("Type the account's name exactly as it stands here."))
    others = User.objects.filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True).exclude(pk=user.pk)
    if user.is_operator and not others.select_for_update().exists():
        raise AppError(
            "account.last_operator",
            _("This is the only operator's account."),
            hint=_("Make another operator first: without one nobody can run this installation."),
            http_status=409,
        )
    audit.record(
        "user.deleted",
        user=user,
        resource_type="user",
        resource_id=str(user.pk),
        description=user.get_username(),
        category=Category.COMPLIANCE,
        severity=Severity.WARNING,
    )
    Invitation.objects.filter(Q(accepted_by=user) | Q(email__iexact=user.email)).delete()
    with as_server():  # what others hold on to it can't be seen by whoever goes: a share, a retry, a ticket
        user.delete()
