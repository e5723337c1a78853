"""Accounts of guests: for a chat whose owner has none, with tight limits, and no way in but that chat."""

import secrets
from typing import Any

from django.utils.translation import gettext as _

from agentsite.accounts import quota
from agentsite.accounts.models import Role, User
from agentsite.accounts.runtime.table import (
    GUEST_API_QUOTA_DAILY,
    GUEST_BUDGET_USD_MONTHLY,
    GUEST_BUILDS_DAILY,
    GUEST_STORAGE_QUOTA_MB,
)
from agentsite.common.errors import AppError

PRIORITY = -10
"""Of what guests have built: everybody else comes first."""


def limits() -> dict[str, Any]:
    """Return the limits that a guest has who is let in now."""
    return {
        "api_quota_daily": GUEST_API_QUOTA_DAILY.now(),
        "storage_quota_mb": GUEST_STORAGE_QUOTA_MB.now(),
        "budget_usd_monthly": GUEST_BUDGET_USD_MONTHLY.now(),
    }


def make_guest(*, full_name: str, language: str) -> User:
    """Make a guest's account in the open transaction; its name can't be guessed, and it has no password."""
    name = f"guest-{secrets.token_hex(8)}"
    about: dict[str, Any] = {"full_name": full_name[:150], "language": language, "role": Role.GUEST}
    return User.objects.create_user(name, **{**limits(), **about})


def let_in_again(guest: User) -> None:
    """Let a guest in again, with the limits of today, in the open transaction."""
    User.objects.filter(pk=guest.pk, role=Role.GUEST).update(is_active=True, **limits())


def shut_out(guest: User) -> None:
    """Take in nothing more of a guest, in the open transaction."""
    User.objects.filter(pk=guest.pk, role=Role.GUEST).update(is_active=False)


def priority_of(user: User) -> int:
    """Return how soon somebody's builds are taken up."""
    return PRIORITY if user.is_guest else 0


def refuse_guests(user: User) -> None:
    """Let guests do nothing that reaches beyond their chat.

    :raises AppError: ``request.guest``.
    """
    if user.is_guest:
        raise AppError(
            "request.guest",
            _("Guests can't do this."),
            hint=_("Make an account of your own and link it with /link: what you made comes along."),
            http_status=403,
        )


def lock(guest: User) -> None:
    """Wait in the open transaction until nothing more is begun for a guest, and let others wait who would."""
    User.objects.select_for_update().only("pk").get(pk=guest.pk)


def refuse_shut_out(user: User) -> None:
    """Take in nothing of a guest who was shut out at this moment; asked after a row of theirs was written.

    :raises AppError: ``request.forbidden``.
    """
    if user.is_guest and not User.objects.filter(pk=user.pk, is_active=True).exists():
        raise AppError(
            "request.forbidden", _("You are no guest here any more."), hint=_("Ask the operator."), http_status=403
        )


def check_builds_of_today(user: User) -> None:
    """Let a guest begin so many builds a day (UTC), after this one was counted in the open transaction.

    :raises AppError: ``quota.guest_builds``, with when it ends; ``request.forbidden``.
    """
    if not user.is_guest:
        return
    refuse_shut_out(user)
    today, most = quota.builds_today(user), GUEST_BUILDS_DAILY.now()
    if today.count <= most:
        return
    told = {"most": most, "hours": today.seconds_left // 3600, "minutes": today.seconds_left % 3600 // 60}
    raise AppError(
        "quota.guest_builds",
        _("Guests can begin %(most)d builds a day, and these were all of today.") % told,
        hint=_("The next day begins at 00:00 UTC, in %(hours)d h %(minutes)d m.") % told,
        http_status=429,
        retry_after=today.seconds_left,
    )
