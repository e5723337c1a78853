"""Writing down what came of an attempt: delivered, to be tried again, or given up; and when an endpoint is paused."""

import random
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from audit import services as audit
from audit.models import Category, Severity
from builds.models.webhook import DeliveryState, PauseReason, WebhookDelivery, WebhookEndpoint
from builds.webhooks.claims import Claim
from builds.webhooks.kinds import PING
from builds.webhooks.outcomes import Outcome

log = structlog.get_logger(__name__)
DELAYS = (5.0, 30.0, 120.0, 600.0, 3_600.0, 21_600.0)
"""Seconds after the first failed attempt, the second and so on; then it is given up."""
MAX_ATTEMPTS = len(DELAYS) + 1
_JITTER = 0.2
LONGEST_WISH = 21_600.0
MAX_FAILURES = 20
FAILING_FOR = timedelta(hours=1)
"""A receiver that is away for minutes while much happens is not paused."""
MAX_GIVEN_UP = 3
_COUNTED = (
    "failures_in_row",
    "given_up_in_row",
    "failing_since",
    "last_delivered_at",
    "paused_at",
    "pause_reason",
)


@transaction.atomic
def settle(claim: Claim, outcome: Outcome) -> bool:
    """Write down what came of an attempt; False when the delivery is not this claim's any more, or gone.

    The endpoint is locked first, as whoever deletes it does.
    """
    endpoint = WebhookEndpoint.objects.select_for_update(no_key=True).filter(pk=claim.endpoint_id).first()
    if endpoint is None or not _write(claim, outcome):
        log.info("webhooks.not_ours", delivery_id=str(claim.delivery_id))
        return False
    if claim.kind != PING or outcome.is_success:
        _count(endpoint, outcome, is_given_up=claim.attempt >= MAX_ATTEMPTS)
    return True


def wait_seconds(attempt: int, wish: float | None = None) -> float:
    """Return how long to wait after a failed attempt: some random share more or less, or what the receiver wishes.

    :param wish: its ``Retry-After``; less than our own delay, or more than six hours, is not done.
    """
    ours = DELAYS[attempt - 1] * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  no secret hangs on it
    return max(ours, min(wish, LONGEST_WISH)) if wish else ours


def _write(claim: Claim, outcome: Outcome) -> bool:
    mine = WebhookDelivery.objects.filter(pk=claim.delivery_id, fence=claim.fence, state=DeliveryState.PENDING)
    told: dict[str, Any] = {
        "lease_expires_at": None,
        "error": outcome.error,
        "answer_status": outcome.status,
        "answer_body": outcome.answer,
        "duration_ms": outcome.duration_ms,
    }
    return bool(mine.update(**told, **_next(claim, outcome)))


def _next(claim: Claim, outcome: Outcome) -> dict[str, Any]:
    if outcome.is_success:
        return {"state": DeliveryState.DELIVERED, "next_attempt_at": None, "delivered_at": Now()}
    if claim.kind == PING or claim.attempt >= MAX_ATTEMPTS:
        return {"state": DeliveryState.FAILED, "next_attempt_at": None}
    return {"next_attempt_at": Now() + timedelta(seconds=wait_seconds(claim.attempt, outcome.retry_after))}


def _count(endpoint: WebhookEndpoint, outcome: Outcome, *, is_given_up: bool) -> None:
    now = timezone.now()
    if outcome.is_success:
        endpoint.failures_in_row = endpoint.given_up_in_row = 0
        endpoint.failing_since, endpoint.last_delivered_at = None, now
    else:
        endpoint.failures_in_row += 1
        endpoint.given_up_in_row += is_given_up
        endpoint.failing_since = endpoint.failing_since or now
        if not endpoint.is_paused and _is_hopeless(endpoint):
            _pause(endpoint)
    endpoint.save(update_fields=_COUNTED)


def _is_hopeless(endpoint: WebhookEndpoint) -> bool:
    has_failed_long = endpoint.failing_since is not None and endpoint.failing_since <= timezone.now() - FAILING_FOR
    is_failing = endpoint.failures_in_row >= MAX_FAILURES and has_failed_long
    return is_failing or endpoint.given_up_in_row >= MAX_GIVEN_UP


def _pause(endpoint: WebhookEndpoint) -> None:
    endpoint.paused_at, endpoint.pause_reason = timezone.now(), PauseReason.FAILING
    audit.record(
        "webhook.paused",
        user=None,
        resource_type="webhook",
        resource_id=str(endpoint.pk),
        description=endpoint.host,
        details={
            "reason": PauseReason.FAILING,
            "failures_in_row": endpoint.failures_in_row,
            "given_up_in_row": endpoint.given_up_in_row,
            "owner": endpoint.user_id,
        },
        category=Category.SYSTEM,
        severity=Severity.WARNING,
    )
