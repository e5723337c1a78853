"""Addresses that link an account with a chat, each for one use."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from telegram_link.models.contact import TelegramUser


class LinkToken(models.Model):
    """A secret that was handed to one side and is shown by the other: only its hash is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    """Who asked for it on the site; None when it was asked for in a chat."""
    contact = models.ForeignKey(TelegramUser, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    """Who asked for it in a chat; None when it was asked for on the site."""
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "created_at"]), models.Index(fields=["contact", "created_at"])]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=False, contact__isnull=True) | Q(user__isnull=True, contact__isnull=False),
                name="link_token_is_of_one_side",
            ),
        ]

    def __str__(self) -> str:
        return f"until {self.expires_at:%c}"
