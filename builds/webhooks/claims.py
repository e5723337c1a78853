"""Who sends what: claiming deliveries that are due by compare-and-swap, for a time."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, Now

from builds.models.webhook import DeliveryQuerySet, DeliveryState, WebhookDelivery
from builds.webhooks.kinds import PING

LEASE = timedelta(seconds=60)
"""Much longer than an attempt may take."""
PER_USER = 2
"""A user whose receivers are slow keeps nobody else waiting."""
_CANDIDATES = 5


@dataclass(frozen=True)
class Claim:
    """A delivery that is ours to send: good for as long as its fence is."""

    delivery_id: UUID
    endpoint_id: int
    fence: int
    attempt: int
    kind: str
    url: str
    secret_encrypted: str
    body: str


def due() -> DeliveryQuerySet:
    """Return what may be sent now and is not being sent: who has least under way first, then what is due longest."""
    is_open = Q(endpoint__paused_at__isnull=True) | Q(kind=PING)
    waiting = WebhookDelivery.objects.unheld().filter(is_open, state=DeliveryState.PENDING, next_attempt_at__lte=Now())
    held = (
        WebhookDelivery.objects.under_way()
        .filter(endpoint__user=OuterRef("endpoint__user"))
        .order_by()
        .values("endpoint__user")
        .annotate(count=Count("id"))
        .values("count")
    )
    return (
        waiting.filter(endpoint__user__is_active=True)
        .annotate(sending=Coalesce(Subquery(held), 0))
        .filter(sending__lt=PER_USER)
        .order_by("sending", "next_attempt_at", "id")
    )


def claim_next() -> Claim | None:
    """Claim one delivery; None when nothing is due. Of several who ask at once exactly one gets it."""
    while candidates := list(due().select_related("endpoint")[:_CANDIDATES]):
        for delivery in candidates:
            if _take(delivery):
                return Claim(
                    delivery_id=delivery.pk,
                    endpoint_id=delivery.endpoint_id,
                    fence=delivery.fence + 1,
                    attempt=delivery.attempts + 1,
                    kind=delivery.kind,
                    url=delivery.endpoint.url,
                    secret_encrypted=delivery.endpoint.secret_encrypted,
                    body=delivery.body,
                )
    return None


def _take(delivery: WebhookDelivery) -> bool:
    unchanged = WebhookDelivery.objects.unheld().filter(
        pk=delivery.pk, fence=delivery.fence, state=DeliveryState.PENDING
    )
    taken = unchanged.update(
        fence=F("fence") + 1, attempts=F("attempts") + 1, lease_expires_at=Now() + LEASE, last_attempt_at=Now()
    )
    return bool(taken)
