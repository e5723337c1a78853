"""What Telegram has told the bot."""

from django.db import models
from django.db.models import Q


class UpdateInbox(models.Model):
    """One update as it came, stored before Telegram may forget it; handled once, in the order of its chat."""

    update_id = models.BigIntegerField(unique=True)
    chat_id = models.BigIntegerField(null=True, blank=True)
    """Whose order it keeps."""
    payload = models.JSONField()
    received_at = models.DateTimeField(auto_now_add=True)
    handled_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    """Raised at each claim: only the last one who claimed it may write what came of it."""
    error = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "update inbox"
        indexes = [
            models.Index(fields=["chat_id", "update_id"], name="inbox_open", condition=Q(handled_at__isnull=True)),
            models.Index(fields=["handled_at"]),
        ]

    def __str__(self) -> str:
        return str(self.update_id)
