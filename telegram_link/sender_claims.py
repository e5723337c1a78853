"""What may be sent now, in the order of each chat, and whose it is to send."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.db.models.functions import Now

from telegram_link.models import OutboxMessage
from telegram_link.models.outbox import OutboxKind, OutboxStatus

LEASE = timedelta(seconds=60)
"""Much longer than one call may take."""


@dataclass(frozen=True)
class Claim:
    """A message that is ours to send: good for as long as its fence is."""

    row_id: int
    fence: int
    attempt: int
    revision: int
    contact_id: int
    chat_id: int
    kind: str
    payload: dict[str, Any]
    parts_sent: int
    message_id: int | None
    sent_digest: str


def in_order() -> QuerySet[OutboxMessage]:
    """Return what no earlier message of its chat keeps waiting; edits of what is there already hold up nobody."""
    pending = OutboxMessage.objects.filter(status=OutboxStatus.PENDING)
    unsent = pending.filter(telegram_message_id__isnull=True).exclude(kind=OutboxKind.PRESS)
    ahead = unsent.filter(chat_id=OuterRef("chat_id"), id__lt=OuterRef("id"))
    return pending.filter(Q(kind=OutboxKind.PRESS) | ~Exists(ahead))


def due(busy: Collection[int] = ()) -> QuerySet[OutboxMessage]:
    """Return what may be sent now: answers to presses, for which a phone waits, then what is due longest.

    :param busy: chats that may be told nothing now, answers to presses excepted.
    """
    is_free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=Now())
    may_speak = Q(kind=OutboxKind.PRESS) | ~Q(chat_id__in=busy)
    comes = Case(When(kind=OutboxKind.PRESS, then=0), default=1)
    found = in_order().filter(is_free, may_speak, next_attempt_at__lte=Now())
    return found.order_by(comes, "next_attempt_at", "id")


def claim(row: OutboxMessage) -> Claim | None:
    """Take a message to send it; None when somebody else was faster, or it is not wanted any more."""
    unchanged = OutboxMessage.objects.filter(pk=row.pk, fence=row.fence, status=OutboxStatus.PENDING)
    if not unchanged.update(fence=F("fence") + 1, attempts=F("attempts") + 1, lease_expires_at=Now() + LEASE):
        return None
    return Claim(
        row_id=row.pk,
        fence=row.fence + 1,
        attempt=row.attempts + 1,
        revision=row.revision,
        contact_id=row.contact_id,
        chat_id=row.chat_id,
        kind=row.kind,
        payload=row.payload,
        parts_sent=row.parts_sent,
        message_id=row.telegram_message_id,
        sent_digest=row.sent_digest,
    )
