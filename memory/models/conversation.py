"""Somebody's conversations."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7


class Platform(models.TextChoices):
    """Where a conversation is held."""

    WEB = "web", _("web")
    TELEGRAM = "telegram", _("Telegram")
    API = "api", _("API")


class ConversationStatus(models.TextChoices):
    """Whether it goes on."""

    ACTIVE = "active", _("active")
    ARCHIVED = "archived", _("archived")


class Conversation(models.Model):
    """A linear history of messages. Of one chat elsewhere at most one conversation is active."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    platform = models.CharField(_("platform"), max_length=16, choices=Platform.choices)
    chat_id = models.CharField(_("chat"), max_length=64, blank=True)
    """What the platform calls the chat; empty where each conversation stands for itself."""
    title = models.CharField(_("title"), max_length=200, blank=True)
    intent = models.CharField(_("intent"), max_length=64, blank=True)
    status = models.CharField(
        _("status"), max_length=16, choices=ConversationStatus.choices, default=ConversationStatus.ACTIVE
    )
    last_seq = models.PositiveBigIntegerField(default=0, editable=False)
    """Number of the newest message; it never goes back."""
    history_version = models.PositiveBigIntegerField(default=0, editable=False)
    """Raised whenever messages go, so that no cached window shows them."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["user", "-updated_at"]),
            models.Index(fields=["user", "-id"]),
            models.Index(fields=["updated_at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(platform__in=Platform.values), name="conversation_platform_known"),
            models.CheckConstraint(condition=Q(status__in=ConversationStatus.values), name="conversation_status_known"),
            models.UniqueConstraint(
                fields=["user", "platform", "chat_id"],
                condition=Q(status=ConversationStatus.ACTIVE) & ~Q(chat_id=""),
                name="conversation_one_active_per_chat",
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.get_platform_display()} {self.chat_id}".rstrip()

    @property
    def is_active(self) -> bool:
        """Say whether it goes on."""
        return self.status == ConversationStatus.ACTIVE
