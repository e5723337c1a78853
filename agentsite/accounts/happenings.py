"""What the accounts' library tells of, written into the audit log."""

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.mfa import signals as mfa
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from agentsite.accounts import invitations
from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category, Severity

_LONGEST_NAME = 150


@receiver(account.user_signed_up)
def signed_up(request: HttpRequest, user: User, **_: Any) -> None:
    """Use up the invitation that somebody came with."""
    invitations.accept(user, request.session)
    if EmailAddress.objects.filter(user=user, verified=True).exists():
        _verified(user)
    _record("user.signed_up", user)


@receiver(account.user_logged_in)
def logged_in(user: User, **_: Any) -> None:
    """Write down a login."""
    _record("user.logged_in", user)


@receiver(user_login_failed)
def login_failed(credentials: dict[str, Any], **_: Any) -> None:
    """Write down a login that was refused, under the name that was tried."""
    tried = str(credentials.get("username") or credentials.get("email") or "")[:_LONGEST_NAME]
    _record("user.login_failed", None, description=tried, severity=Severity.WARNING, error="login.refused")


@receiver(user_logged_out)
def logged_out(user: User | None, **_: Any) -> None:
    """Write down a logout; not that of an account that has just been deleted."""
    if user is not None and user.pk is not None:
        _record("user.logged_out", user)


@receiver(account.password_changed)
@receiver(account.password_reset)
@receiver(account.password_set)
def password_changed(user: User, **_: Any) -> None:
    """Write down a new password."""
    _record("user.password_changed", user)


@receiver(account.email_confirmed)
def email_confirmed(email_address: EmailAddress, **_: Any) -> None:
    """Count the account as verified."""
    _verified(email_address.user)
    _record("user.email_confirmed", email_address.user, description=email_address.email)


@receiver(account.email_changed)
def email_changed(user: User, to_email_address: EmailAddress, **_: Any) -> None:
    """Write down a new address."""
    _record("user.email_changed", user, description=to_email_address.email)


@receiver(account.email_added)
def email_added(user: User, email_address: EmailAddress, **_: Any) -> None:
    """Write down one more address."""
    _record("user.email_added", user, description=email_address.email)


@receiver(account.email_removed)
def email_removed(user: User, email_address: EmailAddress, **_: Any) -> None:
    """Write down that an address is gone."""
    _record("user.email_removed", user, description=email_address.email)


@receiver(mfa.authentication_failed)
def second_factor_failed(user: User, **_: Any) -> None:
    """Write down a second factor that was refused, after a password that was right."""
    _record("user.second_factor_failed", user, severity=Severity.WARNING, error="login.refused")


@receiver(mfa.authenticator_reset)
def second_factor_reset(user: User, authenticator: Any, **_: Any) -> None:
    """Write down new recovery codes."""
    _record("user.second_factor_reset", user, description=authenticator.type)


@receiver(mfa.authenticator_added)
def second_factor_added(user: User, authenticator: Any, **_: Any) -> None:
    """Write down a second factor."""
    _record("user.second_factor_added", user, description=authenticator.type)


@receiver(mfa.authenticator_removed)
def second_factor_removed(user: User, authenticator: Any, **_: Any) -> None:
    """Write down that a second factor is gone."""
    _record("user.second_factor_removed", user, description=authenticator.type, severity=Severity.WARNING)


def _verified(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_verified=True)
    user.is_verified = True


@transaction.atomic
def _record(action: str, user: User | None, **about: Any) -> None:
    audit.record(
        action,
        user=user,
        resource_type="user",
        resource_id=str(user.pk) if user else "",
        category=Category.SECURITY,
        **about,
    )
