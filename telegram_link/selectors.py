"""Questions about the bot itself."""

from datetime import timedelta

from django.db.models.functions import Now

from telegram_link import leases
from telegram_link.models import OutboxMessage
from telegram_link.models.outbox import OutboxStatus

LATE_AFTER = timedelta(minutes=2)


def is_listening() -> bool:
    """Say whether a process asks Telegram for news at this moment."""
    return leases.is_held(leases.POLL)


def is_registered() -> bool:
    """Say whether Telegram was told where this site is."""
    return bool(leases.bot_username())


def is_outbox_late() -> bool:
    """Say whether a message should have been sent minutes ago."""
    pending = OutboxMessage.objects.filter(status=OutboxStatus.PENDING)
    return pending.filter(next_attempt_at__lt=Now() - LATE_AFTER).exists()
