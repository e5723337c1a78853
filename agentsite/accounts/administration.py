"""What an operator does to accounts: limits, and who gets in."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import CASCADE, Q
from django.utils.translation import gettext as _

from agentsite.accounts.models import ApiKey, Role, User
from agentsite.common.changes import changes_between
from agentsite.common.errors import AppError
from audit import services as audit
from audit.models import Category, Severity

LIMITS = ("api_quota_daily", "storage_quota_mb", "budget_usd_monthly")
Limit = int | Decimal | None


@transaction.atomic
def change_limits(*, by: User, account: User, limits: Mapping[str, Limit], reason: str = "") -> bool:
    """Set some of an account's limits; False when they were so already.

    :param limits: by name, of ``LIMITS``; what is not named stays.
    """
    before = _locked(account)
    after = _locked(account)
    for name in LIMITS:
        if name in limits:
            setattr(after, name, limits[name])
    found = changes_between(before, after)
    if not found:
        return False
    after.save(update_fields=[*LIMITS, "updated_at"])
    _record("user.limits_changed", by, account, found | {"reason": reason})
    return True


@transaction.atomic
def deactivate(*, by: User, account: User, reason: str = "") -> bool:
    """Let nobody in with an account: its sessions end, its keys stop working. False when it was so already.

    :raises AppError: ``account.own``; ``account.last_operator``.
    """
    check_stays_operated(by, account, {"is_active": False})
    if not User.objects.filter(pk=account.pk, is_active=True).update(is_active=False):
        return False
    ended = end_sessions(account)
    details = {"sessions_ended": ended, "keys_stopped": ApiKey.objects.filter(user=account, is_active=True).count()}
    _record("user.deactivated", by, account, details | {"reason": reason}, Severity.WARNING)
    return True


@transaction.atomic
def activate(*, by: User, account: User, reason: str = "") -> bool:
    """Let somebody in again; their keys work again, too. False when it was so already."""
    if not User.objects.filter(pk=account.pk, is_active=False).update(is_active=True):
        return False
    _record("user.activated", by, account, {"reason": reason}, Severity.WARNING)
    return True


@transaction.atomic
def save_account(*, by: User, account: User) -> None:
    """Store an account as it was edited, with the old and the new value of what changed in the audit log.

    :raises AppError: ``account.own``; ``account.last_operator``.
    """
    before = _locked(account) if account.pk else None
    if before is not None:
        check_stays_operated(by, before, {name: getattr(account, name) for name in DECIDES})
    account.save()
    found = changes_between(before, account)
    if found:
        _record("user.created" if before is None else "user.changed", by, account, found, Severity.WARNING)
    if before is not None and before.is_active and not account.is_active:
        end_sessions(account)


@transaction.atomic
def delete_account(*, by: User, account: User) -> None:
    """Delete an account with everything that is its own; the audit log keeps its name.

    :raises AppError: ``account.own``; ``account.last_operator``.
    """
    check_stays_operated(by, account, {"is_active": False})
    found = {"deleted_by": by.get_username(), "email": account.email, "role": account.role}
    _record("user.deleted", by, account, found, Severity.WARNING)
    account.delete()


@transaction.atomic
def note_new_password(*, by: User, account_id: int) -> None:
    """Write down that an operator set somebody's password; whoever was logged in with the old one no longer is."""
    account = User.objects.get(pk=account_id)
    _record("user.password_set", by, account, {}, Severity.WARNING)


def belongings(accounts: Sequence[User]) -> dict[str, int]:
    """Count what is deleted along with accounts, by what it is called."""
    counts = {}
    for relation in User._meta.related_objects:  # noqa: SLF001  documented
        model: Any = relation.related_model
        rows = model.objects.filter(**{f"{relation.field.name}__in": accounts})
        if relation.on_delete is CASCADE and (number := rows.count()):
            counts[str(model._meta.verbose_name_plural)] = number  # noqa: SLF001
    return counts


def end_sessions(account: User) -> int:
    """Log somebody out everywhere; return how many sessions there were."""
    sessions = list(UserSession.objects.filter(user=account))
    for session in sessions:
        session.end()
    return len(sessions)


DECIDES = ("is_active", "is_superuser", "is_staff", "role")
"""What decides who runs the installation."""


def check_stays_operated(by: User, account: User, wanted: Mapping[str, Any]) -> None:
    """Refuse what would leave the installation without anybody who runs it, and whoever acts without a way back.

    :raises AppError: ``account.own``; ``account.last_operator``.
    """
    after = User(**{name: wanted.get(name, getattr(account, name)) for name in DECIDES})
    if (after.is_operator and after.is_staff) or not account.is_operator:
        return
    if by.pk == account.pk:
        raise AppError(
            "account.own",
            _("You would lock yourself out."),
            hint=_("Let another operator do it."),
            http_status=409,
        )
    others = User.objects.filter(Q(role=Role.ADMIN) | Q(is_superuser=True), is_active=True).exclude(pk=account.pk)
    if not others.select_for_update().exists():
        raise AppError(
            "account.last_operator",
            _("This is the only operator's account."),
            hint=_("Make another operator first: without one nobody can run this installation."),
            http_status=409,
        )


def _locked(account: User) -> User:
    return User.objects.select_for_update(no_key=True).get(pk=account.pk)


def _record(action: str, by: User, account: User, details: dict[str, Any], severity: Severity = Severity.INFO) -> None:
    audit.record(
        action,
        user=by,
        resource_type="user",
        resource_id=str(account.pk),
        description=account.get_username(),
        details=details,
        category=Category.SECURITY,
        severity=severity,
    )
