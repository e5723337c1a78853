"""What the bot is to say."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from telegram_link.models.contact import TelegramUser


class OutboxKind(models.TextChoices):
    """How a message is made and sent."""

    TEXT = "text", _("a text")
    """``{"html", "buttons"}``; may become several messages."""
    LIVE = "live", _("a build as it goes")
    """``{"build"}``; what it says is made when it is sent, and edited from then on."""
    PROPOSAL = "proposal", _("a proposal")
    """``{"approval"}``; likewise."""
    DOCUMENT = "document", _("a file")
    """``{"build", "attempt", "path"}``; without a path, the zip. Made when it is sent."""
    EDIT = "edit", _("a change of an earlier message")
    """``{"message_id", "html", "buttons"}``: what a press on a button made of it."""
    PRESS = "press", _("the answer to a press")
    """``{"callback_query_id", "text", "alert"}``; of use for seconds only, and in nobody's order."""


class OutboxStatus(models.TextChoices):
    """What became of a message; desired state (live, proposal) becomes pending again when it changes."""

    PENDING = "pending", _("waiting")
    SENT = "sent", _("sent")
    FAILED = "failed", _("refused by Telegram")
    DROPPED = "dropped", _("not wanted any more")


class OutboxMessage(models.Model):
    """One message, written in the transaction of its cause, and sent by whoever holds the lease of the sender."""

    contact = models.ForeignKey(TelegramUser, on_delete=models.CASCADE, related_name="outbox")
    chat_id = models.BigIntegerField()
    kind = models.CharField(max_length=16, choices=OutboxKind.choices)
    payload = models.JSONField(default=dict)
    dedup_key = models.CharField(max_length=128, unique=True)
    status = models.CharField(max_length=16, choices=OutboxStatus.choices, default=OutboxStatus.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    """How often it was tried since it was made or changed."""
    next_attempt_at = models.DateTimeField()
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    """Raised at each claim: only the last one who claimed it may write what came of it."""
    revision = models.PositiveIntegerField(default=1)
    """Of the desired state: raised at each change; a change while it is sent leaves it pending."""
    parts_sent = models.PositiveSmallIntegerField(default=0)
    """Of a long text: how many of its messages have arrived."""
    telegram_message_id = models.BigIntegerField(null=True, blank=True)
    sent_digest = models.CharField(max_length=64, blank=True)
    """Of what stands in the chat now: nothing is edited into what it is already."""
    error = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["status", "next_attempt_at"]),
            models.Index(fields=["chat_id", "id"], name="outbox_open", condition=Q(status=OutboxStatus.PENDING)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=OutboxKind.values), name="outbox_kind_known"),
            models.CheckConstraint(condition=Q(status__in=OutboxStatus.values), name="outbox_status_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.status}"
