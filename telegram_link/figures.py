"""What there is to count at a moment: what waits to be handled and to be sent."""

from dataclasses import dataclass

from django.db.models import Count, Min
from django.utils import timezone

from telegram_link.models import OutboxMessage, UpdateInbox
from telegram_link.models.outbox import OutboxStatus


@dataclass(frozen=True)
class TelegramFigures:
    """One moment's numbers."""

    outbox_pending: int
    outbox_overdue_seconds: float
    """How long the message waits that was due first; 0 when none is."""
    inbox_waiting: int


def figures() -> TelegramFigures:
    """Count now, over short indexes."""
    pending = OutboxMessage.objects.filter(status=OutboxStatus.PENDING).order_by()
    found = pending.aggregate(count=Count("id"), first=Min("next_attempt_at"))
    overdue = (timezone.now() - found["first"]).total_seconds() if found["first"] else 0.0
    waiting = UpdateInbox.objects.filter(handled_at__isnull=True).count()
    return TelegramFigures(found["count"], max(0.0, overdue), waiting)
