"""What a role allows."""

from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import AppError


def refuse_viewers(user: User) -> None:
    """Let nobody have work done who may only read.

    :raises AppError: ``request.forbidden``.
    """
    if not user.can_build:
        raise AppError(
            "request.forbidden",
            _("Your account may only read."),
            hint=_("Ask an operator for the role “user”."),
            http_status=403,
        )
