"""What only one process does at a time."""

from django.db import models


class Lease(models.Model):
    """Who polls, and who sends; for a time, so that another one takes over when it dies."""

    name = models.CharField(max_length=32, primary_key=True)
    owner = models.CharField(max_length=64, blank=True)
    fence = models.PositiveBigIntegerField(default=0)
    expires_at = models.DateTimeField(null=True, blank=True)
    bot_username = models.CharField(max_length=64, blank=True)
    """Of who polls or registers: how Telegram calls the bot."""
    paused_until = models.DateTimeField(null=True, blank=True)
    """Of who sends: until then Telegram wants nothing."""

    def __str__(self) -> str:
        return f"{self.name} {self.owner}"
