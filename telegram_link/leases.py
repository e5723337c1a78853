"""Doing something in one process at a time: taken for a time by compare-and-swap on the database's clock."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from agentsite.common.acting import as_server
from telegram_link.models import Lease

POLL, SEND = "poll", "send"
SECONDS = 15.0


class LeaseLost(Exception):
    """Another process has taken over; whatever was under way is its now."""


@dataclass(frozen=True)
class Held:
    """A lease that is ours for as long as its fence is."""

    name: str
    fence: int

    def renew(self) -> None:
        """Keep it for another while.

        :raises LeaseLost: somebody else has it.
        """
        if not self._mine().update(expires_at=Now() + timedelta(seconds=SECONDS)):
            raise LeaseLost(self.name)

    def read(self) -> Lease:
        """Return the row.

        :raises LeaseLost: somebody else has it.
        """
        row = self._mine().first()
        if row is None:
            raise LeaseLost(self.name)
        return row

    def release(self) -> None:
        """Let another process have it at once."""
        self._mine().update(expires_at=None, owner="")

    def _mine(self) -> QuerySet[Lease]:
        return Lease.objects.filter(name=self.name, fence=self.fence)


def pause_sending(seconds: float) -> None:
    """Have nobody send for a while, whoever holds the lease; a pause that lasts longer stays as it is."""
    until = timezone.now() + timedelta(seconds=seconds)
    ends_sooner = Q(paused_until__isnull=True) | Q(paused_until__lt=until)
    Lease.objects.filter(ends_sooner, name=SEND).update(paused_until=until)


def note_bot(username: str) -> None:
    """Keep how Telegram calls the bot, for the pages that lead to it."""
    Lease.objects.update_or_create(name=POLL, defaults={"bot_username": username})


def bot_username() -> str:
    """Return how Telegram calls the bot; empty before it was started."""
    with as_server():
        return Lease.objects.filter(name=POLL).values_list("bot_username", flat=True).first() or ""


def is_held(name: str) -> bool:
    """Say whether a process holds a lease at this moment."""
    return Lease.objects.filter(name=name, expires_at__gt=Now()).exists()


def take(name: str) -> Held | None:
    """Take a lease that nobody has; None while another process has it. Of several at once one gets it."""
    row, _is_new = Lease.objects.get_or_create(name=name)
    is_free = Q(expires_at__isnull=True) | Q(expires_at__lte=Now())
    free = Lease.objects.filter(is_free, name=name, fence=row.fence)
    taken = free.update(fence=F("fence") + 1, owner=uuid.uuid4().hex, expires_at=Now() + timedelta(seconds=SECONDS))
    return Held(name, row.fence + 1) if taken else None


def free_all() -> None:
    """Let every lease be taken at once; who still believes to hold one has lost it.

    Only for a process that has the database to itself: whoever held one is dead.
    """
    Lease.objects.update(fence=F("fence") + 1, owner="", expires_at=None)
