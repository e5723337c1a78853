"""Where somebody wants to be told of their builds, and what was, or is to be, told."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from builds.models.build import Build
from builds.models.run import RunEvent


class PauseReason(models.TextChoices):
    """Why nothing is sent at present."""

    ASKED = "asked", _("paused by its owner")
    FAILING = "failing", _("paused because it failed again and again")


class WebhookEndpoint(models.Model):
    """An address that is told of events of its owner's builds."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="webhooks")
    url = models.CharField(max_length=2000)
    kinds = models.JSONField(default=list)
    """Which kinds of events it is told of."""
    secret_encrypted = models.TextField()
    """What signs; it has to be known again for that, so it is encrypted, not hashed."""
    paused_at = models.DateTimeField(null=True, blank=True)
    pause_reason = models.CharField(max_length=16, choices=PauseReason.choices, blank=True)
    failures_in_row = models.PositiveIntegerField(default=0)
    """Attempts that failed since the last one that did not."""
    given_up_in_row = models.PositiveIntegerField(default=0)
    """Deliveries that were given up since then."""
    failing_since = models.DateTimeField(null=True, blank=True)
    last_delivered_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(paused_at__isnull=True, pause_reason="")
                | Q(paused_at__isnull=False, pause_reason__in=PauseReason.values),
                name="webhook_pause_has_a_reason",
            ),
            models.CheckConstraint(condition=~Q(url=""), name="webhook_url_not_empty"),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def host(self) -> str:
        """Return where it leads, without the path: that may hold a secret."""
        return self.url.partition("://")[2].partition("/")[0].partition("?")[0]

    @property
    def is_paused(self) -> bool:
        """Say whether nothing but pings is sent at present."""
        return self.paused_at is not None


class DeliveryState(models.TextChoices):
    """What became of a delivery; only a redelivery leads out of the last two."""

    PENDING = "pending", _("waiting")
    DELIVERED = "delivered", _("delivered")
    FAILED = "failed", _("given up")


class DeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    """Deliveries, as adjectives."""

    def under_way(self) -> Self:
        """Keep those that a worker sends at this moment."""
        return self.filter(state=DeliveryState.PENDING, lease_expires_at__gt=Now())

    def unheld(self) -> Self:
        """Keep those that no worker sends at this moment."""
        return self.filter(Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=Now()))


class WebhookDelivery(models.Model):
    """One event for one endpoint: the very text that is signed and sent, and how the last attempt ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.CASCADE, related_name="deliveries")
    event = models.ForeignKey(
        RunEvent, null=True, blank=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    """None for a ping. The number stays when the event is deleted by its own policy: nothing is read through it."""
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=64)
    body = models.TextField()
    state = models.CharField(max_length=16, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often it was tried since it was made or asked for again."""
    fence = models.PositiveIntegerField(default=0)
    """Raised at each claim: only the last one who claimed it may write what came of it."""
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    last_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=32, blank=True)
    """A code of ``builds.webhooks.outcomes``; empty when the last attempt did not fail."""
    answer_status = models.PositiveSmallIntegerField(null=True, blank=True)
    answer_body = models.TextField(blank=True)
    """The beginning of what the receiver answered."""
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="delivery_log"),
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=Q(state=DeliveryState.PENDING)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "event"], name="delivery_once_for_an_event"),
            models.CheckConstraint(condition=Q(state__in=DeliveryState.values), name="delivery_state_known"),
            models.CheckConstraint(
                condition=Q(state=DeliveryState.PENDING, next_attempt_at__isnull=False)
                | (
                    ~Q(state=DeliveryState.PENDING) & Q(next_attempt_at__isnull=True) & Q(lease_expires_at__isnull=True)
                ),
                name="delivery_due_exactly_while_pending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.state}"
