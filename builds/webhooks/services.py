"""What may be done with webhooks. Page and API call these; the network is never touched here."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.guests import refuse_guests
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common import hints
from agentsite.common.errors import AppError, invalid, not_found
from agentsite.common.ids import uuid7
from audit import services as audit
from audit.models import Category
from builds.models.webhook import DeliveryState, PauseReason, WebhookDelivery, WebhookEndpoint
from builds.webhooks import bodies, queue, signing, targets
from builds.webhooks.kinds import PING, PUBLIC

MAX_ENDPOINTS = 20
_FORGOTTEN: dict[str, Any] = {"failures_in_row": 0, "given_up_in_row": 0, "failing_since": None}


@dataclass(frozen=True)
class NewSecret:
    """An endpoint with the secret it was just given; it can't be shown again."""

    endpoint: WebhookEndpoint
    secret: str


@transaction.atomic
def create_endpoint(*, user: User, url: str, kinds: Sequence[str]) -> NewSecret:
    """Register an address for events of somebody's own builds.

    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer; ``request.guest``; ``webhook.too_many``.
    """
    refuse_viewers(user)
    refuse_guests(user)
    target, chosen = _checked_url(url), _checked_kinds(kinds)
    User.objects.select_for_update(no_key=True).only("id").get(pk=user.pk)  # those made at once are counted
    if WebhookEndpoint.objects.filter(user=user).count() >= MAX_ENDPOINTS:
        raise AppError(
            "webhook.too_many",
            _("An account can have %(count)d webhooks.") % {"count": MAX_ENDPOINTS},
            hint=_("Delete one that is not needed any more."),
            http_status=409,
        )
    secret = signing.new_secret()
    endpoint = WebhookEndpoint.objects.create(
        user=user, url=target.url, kinds=chosen, secret_encrypted=signing.seal(secret)
    )
    _audit("webhook.created", user, endpoint, {"kinds": chosen})
    return NewSecret(endpoint, secret)


@transaction.atomic
def change_endpoint(
    *,
    user: User,
    endpoint: WebhookEndpoint,
    url: str | None = None,
    kinds: Sequence[str] | None = None,
    is_paused: bool | None = None,
) -> WebhookEndpoint:
    """Change what is given. What waits is sent to a new address, too; resuming forgets earlier failures.

    :raises AppError: ``request.invalid``; ``request.not_found`` when it was deleted at this moment.
    """
    refuse_viewers(user)
    locked = _locked(endpoint)
    changes: dict[str, Any] = {}
    if url is not None and (target := _checked_url(url)).url != locked.url:
        changes |= {"url": target.url} | _FORGOTTEN
    if kinds is not None and (chosen := _checked_kinds(kinds)) != locked.kinds:
        changes["kinds"] = chosen
    if changes:
        _audit("webhook.changed", user, locked, {"fields": sorted(set(changes) - set(_FORGOTTEN))})
    if is_paused is not None and is_paused != locked.is_paused:
        changes |= _pause() if is_paused else _resume()
        _audit("webhook.paused" if is_paused else "webhook.resumed", user, locked)
    return _changed(locked, changes)


@transaction.atomic
def rotate_secret(*, user: User, endpoint: WebhookEndpoint) -> NewSecret:
    """Exchange the secret: whatever is sent from now on, retries too, is signed with the new one.

    :raises AppError: ``request.not_found`` when it was deleted at this moment.
    """
    refuse_viewers(user)
    secret = signing.new_secret()
    changed = _changed(_locked(endpoint), {"secret_encrypted": signing.seal(secret)})
    _audit("webhook.rotated", user, changed)
    return NewSecret(changed, secret)


@transaction.atomic
def delete_endpoint(*, user: User, endpoint: WebhookEndpoint) -> None:
    """Delete an endpoint with its log; nothing more is sent. Doing it again changes nothing."""
    locked = WebhookEndpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    if locked is not None:
        _audit("webhook.deleted", user, locked)
        locked.delete()


@transaction.atomic
def ping(*, user: User, endpoint: WebhookEndpoint) -> WebhookDelivery:
    """Have a ping sent, paused or not, tried once; one that waits already is enough.

    :raises AppError: ``request.not_found`` when it was deleted at this moment.
    """
    refuse_viewers(user)
    locked = _locked(endpoint)
    waiting = WebhookDelivery.objects.filter(endpoint=locked, kind=PING, state=DeliveryState.PENDING).first()
    if waiting is not None:
        return waiting
    identifier = uuid7()
    body = bodies.ping_body(identifier, PING, timezone.now())
    made = WebhookDelivery.objects.create(id=identifier, endpoint=locked, kind=PING, body=body, next_attempt_at=Now())
    made.refresh_from_db()
    _audit("webhook.pinged", user, locked)
    hints.after_commit(queue.announce)
    return made


@transaction.atomic
def redeliver(*, user: User, delivery: WebhookDelivery) -> WebhookDelivery:
    """Send a delivery again, or at once when it waits for its next attempt: under the same id, with all attempts anew.

    :raises AppError: ``webhook.paused``; ``webhook.under_way`` while it is being sent.
    """
    refuse_viewers(user)
    endpoint = _locked(delivery.endpoint)
    if endpoint.is_paused and delivery.kind != PING:
        raise AppError(
            "webhook.paused", _("This webhook is paused."), hint=_("Resume it, then send it again."), http_status=409
        )
    free = WebhookDelivery.objects.unheld().filter(pk=delivery.pk)
    again: dict[str, Any] = {"state": DeliveryState.PENDING, "next_attempt_at": Now(), "lease_expires_at": None}
    if not free.update(attempts=0, **again):
        raise AppError(
            "webhook.under_way",
            _("This delivery is being sent at this moment."),
            hint=_("Wait until it is known what comes of it."),
            http_status=409,
        )
    _audit("webhook.redelivered", user, endpoint, {"delivery": str(delivery.pk), "kind": delivery.kind})
    hints.after_commit(queue.announce)
    delivery.refresh_from_db()
    return delivery


def _checked_url(url: str) -> targets.Target:
    sentences = {
        "form": _("Give an address like https://example.org/path, without user name and without #."),
        "host": _("Give the host as a name or a plain IP address, and a port from 1 to 65535."),
        "http": _("Give an address that begins with https://."),
        "port": _("Use port 443, or one from 1024."),
        "private": _("This address is not public: the operator has to allow such a host."),
    }
    try:
        return targets.read_target(url)
    except targets.BadTarget as bad:
        raise invalid(url=sentences[bad.reason]) from None


def _checked_kinds(kinds: Sequence[str]) -> list[str]:
    if not kinds or not set(kinds) <= set(PUBLIC):
        raise invalid(kinds=_("Choose one or more of: %(kinds)s.") % {"kinds": ", ".join(PUBLIC)})
    return [kind for kind in PUBLIC if kind in kinds]


def _locked(endpoint: WebhookEndpoint) -> WebhookEndpoint:
    found = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if found is None:
        raise not_found()
    return found


def _changed(endpoint: WebhookEndpoint, changes: dict[str, Any]) -> WebhookEndpoint:
    for name, value in changes.items():
        setattr(endpoint, name, value)
    if changes:
        endpoint.save(update_fields=[*changes, "updated_at"])
    if changes.get("paused_at", endpoint) is None:
        hints.after_commit(queue.announce)
    return endpoint


def _pause() -> dict[str, Any]:
    return {"paused_at": timezone.now(), "pause_reason": PauseReason.ASKED}


def _resume() -> dict[str, Any]:
    return {"paused_at": None, "pause_reason": ""} | _FORGOTTEN


def _audit(action: str, user: User, endpoint: WebhookEndpoint, details: dict[str, object] | None = None) -> None:
    audit.record(
        action,
        user=user,
        resource_type="webhook",
        resource_id=str(endpoint.pk),
        description=endpoint.host,  # the path may hold a secret of the receiver's
        details=details,
        category=Category.SECURITY,
    )
