"""API keys: 256 random bits, found by a public prefix, compared by hash in constant time."""

import hashlib
import hmac
import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from agentsite.accounts.models import ApiKey, User
from audit import services as audit

_MARK = "ags"
_LAST_USED_STEP = timedelta(minutes=1)


def _hash(secret: str) -> str:
    # A slow hash would protect guessable secrets; these are 256 random bits, and each request pays for it.
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_api_key(*, user: User, name: str) -> str:
    """Make a key and return it whole; it can never be shown again."""
    prefix = secrets.token_hex(6)
    secret = f"{_MARK}_{prefix}_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(user=user, name=name, prefix=prefix, key_hash=_hash(secret))
    audit.record("key.created", user=user, resource_type="api_key", resource_id=str(key.pk), description=name)
    return secret


def find_user(secret: str) -> User | None:
    """Return whose key this is, or None when it is unknown, revoked, expired or its owner inactive."""
    mark, _, rest = secret.partition("_")
    prefix, _, _tail = rest.partition("_")
    if mark != _MARK or not prefix:
        return None
    now = timezone.now()
    key = (
        ApiKey.objects.filter(prefix=prefix, is_active=True, user__is_active=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .select_related("user")
        .first()
    )
    if key is None or not hmac.compare_digest(key.key_hash, _hash(secret)):
        return None
    if key.last_used_at is None or key.last_used_at < now - _LAST_USED_STEP:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key.user
