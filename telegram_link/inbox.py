"""What Telegram tells the bot, kept before it is confirmed; handled in the order of each chat, once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from agentsite.common import hints
from agentsite.common.texts import storable
from telegram_link import queue
from telegram_link.models import UpdateInbox

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 6
_DELAYS = (2, 10, 60, 300, 900)
_CANDIDATES = 10
_ABOUT = ("message", "edited_message", "callback_query")
MAX_ID = 1 << 62
"""Telegram's own numbers have 52 bits at most."""


@dataclass(frozen=True)
class Claim:
    """An update that is ours to handle: good for as long as its fence is."""

    row_id: int
    fence: int
    attempt: int
    payload: dict[str, Any]
    update_id: int


class ClaimLost(Exception):
    """Another process took the update over; nothing of it may be written here."""


def store(updates: Sequence[Mapping[str, Any]]) -> None:
    """Keep updates, each once, in the open transaction or one of its own."""
    rows = [
        UpdateInbox(update_id=each["update_id"], chat_id=_chat_of(each), payload=storable(dict(each)))
        for each in updates
    ]
    UpdateInbox.objects.bulk_create(rows, ignore_conflicts=True)
    hints.after_commit(queue.announce_updates)


def waiting() -> QuerySet[UpdateInbox]:
    """Return what may be handled now: of each chat the first that is not handled yet."""
    unhandled = UpdateInbox.objects.filter(handled_at__isnull=True)
    earlier = unhandled.filter(chat_id=OuterRef("chat_id"), update_id__lt=OuterRef("update_id"))
    is_due = Q(next_attempt_at__isnull=True) | Q(next_attempt_at__lte=Now())
    is_free = Q(lease_expires_at__isnull=True) | Q(lease_expires_at__lte=Now())
    return unhandled.filter(is_due, is_free).filter(~Exists(earlier)).order_by("update_id")


def claim_next() -> Claim | None:
    """Claim one update; None when nothing is to be handled. Of several who ask at once exactly one gets it."""
    while rows := list(waiting()[:_CANDIDATES]):
        for row in rows:
            unchanged = UpdateInbox.objects.filter(pk=row.pk, fence=row.fence, handled_at__isnull=True)
            if unchanged.update(fence=F("fence") + 1, attempts=F("attempts") + 1, lease_expires_at=Now() + LEASE):
                return Claim(row.pk, row.fence + 1, row.attempts + 1, row.payload, row.update_id)
    return None


def close(claim: Claim, *, error: str = "") -> None:
    """Write, in the transaction of what an update caused, that it is handled.

    :raises ClaimLost: it is not this claim's any more; the transaction must be undone.
    """
    if not _mine(claim).update(handled_at=Now(), lease_expires_at=None, next_attempt_at=None, error=error[:64]):
        raise ClaimLost


def put_off(claim: Claim, error: str) -> bool:
    """Have an update tried again later, after a fault; False when it was tried often enough and is given up."""
    if claim.attempt >= MAX_ATTEMPTS:
        _mine(claim).update(handled_at=Now(), lease_expires_at=None, next_attempt_at=None, error=error[:64])
        return False
    later = Now() + timedelta(seconds=_DELAYS[claim.attempt - 1])
    _mine(claim).update(lease_expires_at=None, next_attempt_at=later, error=error[:64])
    return True


def _mine(claim: Claim) -> QuerySet[UpdateInbox]:
    return UpdateInbox.objects.filter(pk=claim.row_id, fence=claim.fence, handled_at__isnull=True)


def _chat_of(update: Mapping[str, Any]) -> int | None:
    """Return whose order an update keeps: that of the private chat it is from."""
    about = next(filter(None, (part(update, name) for name in _ABOUT)), update)
    found = (part(part(about, "message") or about, "chat") or part(about, "from")).get("id")
    return found if isinstance(found, int) and abs(found) < MAX_ID else None


def part(whole: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return an object within another one, {} where there is none: an update may hold anything."""
    found = whole.get(name)
    return found if isinstance(found, Mapping) else {}
