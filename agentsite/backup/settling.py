"""What a restored database has to be told: that everybody who worked on it is gone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import QuerySet

from agentsite.backup.engines import Tell
from agentsite.backup.manifest import Manifest
from audit import services as audit
from audit.models import Category, Severity
from builds import presence
from builds.models.ticket import SocketTicket
from builds.runs.claim import expire_all_leases
from memory import services as memory
from telegram_link import leases
from telegram_link.models import LinkToken

DROPPED: Mapping[str, QuerySet[Any]] = {
    "usersessions_usersession": UserSession.objects.all(),
    "django_session": Session.objects.all(),
    "builds_socketticket": SocketTicket.objects.all(),
    "telegram_link_linktoken": LinkToken.objects.all(),
}
"""By table what lets in whoever holds it: who logged out, or used a ticket, after the backup must not be in again."""


@dataclass(frozen=True)
class Settled:
    """What became of the restored rows."""

    resumed: int
    """Builds and jobs that somebody held, and that the next worker takes up."""
    dropped: dict[str, int]
    """Rows that were not kept, by table."""


@transaction.atomic
def settle(manifest: Manifest) -> Settled:
    """Free what dead processes hold, and let nobody in by what they held before."""
    resumed = expire_all_leases()
    leases.free_all()
    presence.forget_all()
    dropped = {table: rows.count() for table, rows in DROPPED.items()}
    for rows in DROPPED.values():
        rows.delete()
    audit.record(
        "backup.restored",
        user=None,
        details={"taken_at": manifest.taken_at, "version": manifest.version, "resumed": resumed},
        category=Category.SYSTEM,
        severity=Severity.WARNING,
    )
    return Settled(resumed, dropped)


def refill_index(tell: Tell) -> None:
    """Make the vector index anew from the rows; where it can't be reached it follows later."""
    done = memory.refill_index(on_progress=lambda count, total: tell(f"{count} of {total} passages indexed"))
    if done.away:
        tell(f"The vector index is away ({done.away}): it follows later; manage.py reindex_memory says why it can't.")
