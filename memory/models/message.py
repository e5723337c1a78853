"""What was said in conversations."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from memory.models.bounds import MAX_JSON, MAX_RAW_JSON, json_within, text_within
from memory.models.conversation import Conversation

MAX_CONTENT = 100_000
COMMAND, REPLY = "command", "reply"
PASSING = (COMMAND, REPLY)
"""Kinds of messages that belong to the history, but from which nobody learns anything."""


class MessageRole(models.TextChoices):
    """Who speaks."""

    USER = "user", _("user")
    ASSISTANT = "assistant", _("assistant")
    SYSTEM = "system", _("system")


class Message(models.Model):
    """One message; ``seq`` counts 1, 2, 3 … in its conversation as they are written, and is never given again."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    seq = models.PositiveBigIntegerField()
    role = models.CharField(_("role"), max_length=16, choices=MessageRole.choices)
    content = models.TextField(_("content"), blank=True)
    author = models.CharField(_("author"), max_length=150, blank=True)
    platform_message_id = models.CharField(max_length=64, blank=True)
    """What the platform calls the message; empty where nobody sends one twice."""
    message_type = models.CharField(_("kind"), max_length=32, default="text")
    language = models.CharField(_("language"), max_length=16, blank=True)
    intent = models.CharField(_("intent"), max_length=64, blank=True)
    model_used = models.CharField(_("model"), max_length=200, blank=True)
    cost_usd = models.DecimalField(_("cost in USD"), max_digits=12, decimal_places=6, default=0)
    raw_payload = models.JSONField(default=dict, blank=True)
    """What the platform sent, as it came."""
    extra_metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["conversation", "created_at"]),
            models.Index(fields=["created_at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(role__in=MessageRole.values), name="message_role_known"),
            models.CheckConstraint(condition=Q(seq__gte=1), name="message_seq_from_one"),
            models.CheckConstraint(condition=Q(cost_usd__gte=0), name="message_cost_not_negative"),
            models.CheckConstraint(condition=~Q(message_type=""), name="message_has_a_kind"),
            text_within("content", MAX_CONTENT, name="message_content_within"),
            json_within("raw_payload", MAX_RAW_JSON, name="message_raw_payload_within"),
            json_within("extra_metadata", MAX_JSON, name="message_extra_metadata_within"),
            models.UniqueConstraint(fields=["conversation", "seq"], name="message_seq_once"),
            models.UniqueConstraint(
                fields=["conversation", "platform_message_id"],
                condition=~Q(platform_message_id=""),
                name="message_stored_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.role}"
