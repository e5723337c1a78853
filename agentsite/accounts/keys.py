"""API keys: 256 random bits, found by a public prefix, compared by hash in constant time."""

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts import quota
from agentsite.accounts.guests import refuse_guests
from agentsite.accounts.models import ApiKey, Scope, User
from agentsite.accounts.quota import Allowance
from agentsite.common.acting import as_server
from agentsite.common.batched import batched
from agentsite.common.compiled import Compiled, Given
from agentsite.common.errors import AppError, invalid
from agentsite.common.requests import caller
from audit import services as audit
from audit.models import Category

MAX_NAME = 100
ORDINARY_SCOPES = tuple(scope.value for scope in Scope if scope is not Scope.ADMIN)
MAX_KEYS = 50
ROTATION_OVERLAP = timedelta(hours=24)
MAX_OVERLAP = timedelta(days=30)
_MARK = "ags"
_LAST_USED_STEP = timedelta(minutes=1)
_WITH_PREFIX = Compiled(lambda: ApiKey.objects.select_related("user").filter(prefix=Given(ApiKey, "prefix"))[:1])


@dataclass(frozen=True)
class NewKey:
    """A key that was just made; the secret can never be shown again."""

    key: ApiKey
    secret: str


@transaction.atomic
def create_api_key(
    *,
    user: User,
    name: str,
    scopes: Sequence[str] = ORDINARY_SCOPES,
    expires_at: datetime | None = None,
    budget_usd_monthly: Decimal | None = None,
) -> NewKey:
    """Make a key for somebody.

    :raises AppError: ``request.invalid`` with the fields that cannot be used; ``key.too_many``; ``request.guest``.
    """
    refuse_guests(user)
    name = name.strip()
    if not name or len(name) > MAX_NAME or not name.isprintable():
        raise invalid(name=_("Give a name of 1 to 100 characters, so that you know the key again."))
    if not scopes or not set(scopes) <= set(Scope.values):
        raise invalid(scopes=_("Choose one or more of: %(scopes)s.") % {"scopes": ", ".join(Scope.values)})
    if expires_at is not None and expires_at <= timezone.now():
        raise invalid(expires_at=_("Give a moment that is still to come, or leave it empty."))
    _one_at_a_time(user)
    _check_room(user)
    made = _make(
        user, name=name, scopes=sorted(set(scopes)), expires_at=expires_at, budget_usd_monthly=budget_usd_monthly
    )
    _audit("key.created", user, made.key)
    return made


@transaction.atomic
def rotate_api_key(*, user: User, key: ApiKey, overlap: timedelta = ROTATION_OVERLAP) -> NewKey:
    """Make a key like this one, which stops to work when the overlap has passed.

    The new one lives for as long as the old one was given. Rights are those of ``key``, whoever rotates it, and both
    share one budget.

    :raises AppError: ``key.not_usable`` when it was revoked or has expired; ``key.too_many``.
    """
    now = timezone.now()
    _one_at_a_time(key.user)
    if not usable_keys(key.user).select_for_update().filter(pk=key.pk).exists():
        raise AppError(
            "key.not_usable",
            _("This key does not work any more."),
            hint=_("Make a new one instead."),
            http_status=409,
        )
    _check_room(key.user)
    lifetime = key.expires_at - key.created_at if key.expires_at else None
    same = {name: getattr(key, name) for name in ("name", "scopes", "budget_usd_monthly", "family")}
    made = _make(key.user, **same, expires_at=now + lifetime if lifetime else None)
    end = now + min(overlap, MAX_OVERLAP)
    ApiKey.objects.filter(pk=key.pk).update(expires_at=min(end, key.expires_at) if key.expires_at else end)
    _audit("key.rotated", user, key, {"new_prefix": made.key.prefix})
    return made


@transaction.atomic
def revoke_api_key(*, user: User, key: ApiKey, reason: str = "") -> None:
    """Make a key useless from this moment; doing it again changes nothing.

    :param reason: kept in the audit log.
    """
    if ApiKey.objects.filter(pk=key.pk, is_active=True).update(is_active=False):
        _audit("key.revoked", user, key, {"reason": reason} if reason else None)


def keys_of(user: User) -> QuerySet[ApiKey]:
    """Return somebody's keys, newest first; those that were revoked too."""
    return ApiKey.objects.filter(user=user).order_by("-id")


def usable_keys(user: User) -> QuerySet[ApiKey]:
    """Return somebody's keys that work at this moment."""
    return keys_of(user).filter(_is_usable())


def find_key(secret: str) -> ApiKey | None:
    """Return the key with its owner; None when it is unknown, revoked, expired or its owner inactive."""
    prefix = _prefix_of(secret)
    return _opened(secret, _WITH_PREFIX.rows(prefix=prefix)) if prefix else None


def find_key_for_call(secret: str) -> tuple[ApiKey, Allowance] | None:
    """Return the key as ``find_key`` does, and count an API call of its owner: both are one message."""
    prefix = _prefix_of(secret)
    if not prefix:
        return None
    with batched():
        call = quota.count_call_with_key(prefix, _hash(secret))
        found = _WITH_PREFIX.rows(prefix=prefix)
    key = _opened(secret, found)
    return (key, call.allowance(key.user)) if key else None


def _prefix_of(secret: str) -> str:
    mark, _mark_end, rest = secret.partition("_")
    prefix = rest.partition("_")[0]
    return prefix if mark == _MARK and prefix.isascii() and prefix.isalnum() else ""  # the database takes no zero byte


def _opened(secret: str, found: Sequence[ApiKey]) -> ApiKey | None:
    key = next((key for key in found if key.is_usable and key.user.is_active), None)
    if key is None or not hmac.compare_digest(key.key_hash, _hash(secret)):
        return None
    now = timezone.now()
    if key.last_used_at is None or key.last_used_at < now - _LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def note_refusal(secret: str) -> None:
    """Write down that a key was refused: of a known prefix whose it is, of others only from where it came."""
    prefix = secret.removeprefix(f"{_MARK}_").partition("_")[0]
    with as_server():
        key = ApiKey.objects.select_related("user").filter(prefix=prefix).first() if prefix.isalnum() else None
    if key is None:
        audit.record_rarely("key.refused", about=caller().ip_address or "", user=None, error="key.unknown")
        return
    audit.record_rarely(
        "key.refused",
        about=key.prefix,
        user=None,
        resource_type="api_key",
        resource_id=str(key.pk),
        description=key.name,
        details={"prefix": key.prefix, "owner": key.user_id},
        error=_why_refused(key),
    )


def _why_refused(key: ApiKey) -> str:
    if not key.user.is_active:
        return "key.owner_inactive"
    if not key.is_active:
        return "key.revoked"
    return "key.wrong" if key.is_usable else "key.expired"


def _is_usable() -> Q:
    return Q(is_active=True) & (Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


def _one_at_a_time(user: User) -> None:
    """Let keys that are made at once be counted one by one."""
    User.objects.select_for_update(no_key=True).only("id").get(pk=user.pk)


def _check_room(user: User) -> None:
    if usable_keys(user).count() >= MAX_KEYS:
        raise AppError(
            "key.too_many",
            _("An account can have %(count)d keys.") % {"count": MAX_KEYS},
            hint=_("Revoke one that is not used any more."),
            http_status=409,
        )


def _make(user: User, **fields: Any) -> NewKey:
    prefix = secrets.token_hex(6)
    secret = f"{_MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(user=user, prefix=prefix, key_hash=_hash(secret), **fields)
    return NewKey(key, secret)


def _audit(action: str, user: User, key: ApiKey, details: dict[str, object] | None = None) -> None:
    audit.record(
        action,
        user=user,
        resource_type="api_key",
        resource_id=str(key.pk),
        description=key.name,
        details={"prefix": key.prefix, "scopes": key.scopes} | (details or {}),
        category=Category.SECURITY,
    )


def _hash(secret: str) -> str:
    # A slow hash would protect guessable secrets; these are 256 random bits, and each request pays for it.
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
