"""Deletes what need not be kept: what was handled, what was said, and addresses that are of no use any more."""

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from telegram_link.models import LinkToken, OutboxMessage, UpdateInbox
from telegram_link.models.outbox import OutboxStatus

BATCH = 1_000
UPDATE_DAYS = 7
"""Updates are what people wrote: the conversation keeps it, as long as its owner wants."""
MESSAGE_DAYS = 30
LINK_DAYS = 1


def tidy() -> int:
    """Delete what is old; return how much it was. Works in batches; being interrupted loses nothing."""
    now = timezone.now()
    handled = UpdateInbox.objects.filter(handled_at__lt=now - timedelta(days=UPDATE_DAYS))
    said = OutboxMessage.objects.exclude(status=OutboxStatus.PENDING)
    old = said.filter(next_attempt_at__lt=now - timedelta(days=MESSAGE_DAYS))
    links = LinkToken.objects.filter(expires_at__lt=now - timedelta(days=LINK_DAYS))
    return _delete(handled) + _delete(old) + _delete(links)


def _delete(rows: QuerySet[UpdateInbox] | QuerySet[OutboxMessage] | QuerySet[LinkToken]) -> int:
    count = 0
    while numbers := list(rows.order_by("pk").values_list("pk", flat=True)[:BATCH]):
        count += rows.model._default_manager.filter(pk__in=numbers).delete()[0]  # noqa: SLF001  Django's public API
    return count
