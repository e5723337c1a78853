"""Deletes what need not be kept: the steps of old builds, and what is needed only to go on with one.

A run's events go all at once, so that their numbers never have gaps.
"""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django_celery_results.models import TaskResult

from agentsite.accounts import idempotency, invitations
from agentsite.accounts.models import DailyUsage
from agentsite.accounts.runtime.table import EVENT_RETENTION_DAYS
from audit import services as audit
from audit.models import Category
from builds import storage, tickets
from builds.deployments import repository
from builds.models.files import Blob
from builds.models.reservation import Reservation, ReservationState
from builds.models.run import Effect, Run, RunEvent
from builds.models.webhook import WebhookDelivery
from builds.runs import progress
from memory import housekeeping as memory

BATCH = 1_000
STATES = 50
"""States are large: few are read at once."""
BLOBS, BLOB_PAGES = 500, 200
"""How many contents are looked at in one statement, and how many statements there are in one go."""
BLOB_DAYS = 1
_POSITION = "builds.housekeeping.blobs"
RESERVATION_DAYS = 35
"""Longer than any month."""
COUNTER_DAYS = 730
RESUME_DAYS = 30
"""For so long a build that failed can be retried from where it failed."""
DELIVERY_DAYS = 30
"""So long can be seen what webhooks told, and is kept what waits for a paused one."""


def tidy() -> dict[str, int]:
    """Delete old events by policy, and what runs that ended long ago and past months leave; return how much of each.

    Works in batches, each a transaction of its own; being interrupted loses nothing.
    """
    done = {
        "events": _old_events(),
        "effects": _old_effects(),
        "states": _old_states(),
        "reservations": _old_reservations(),
        "answers": idempotency.delete_old(),
        "invitations": invitations.delete_old(),
        "tickets": tickets.delete_old(),
        "deliveries": _old_deliveries(),
        "blobs": _unused_blobs(),
        "repositories": repository.remove_ownerless(),
        "recounted": storage.recount_oldest(),
        "counters": _old_counters(),
        "outcomes": _old_outcomes(),
        **memory.tidy(),
    }
    if told := {name: count for name, count in done.items() if count}:
        with transaction.atomic():
            audit.record("server.tidied", user=None, details=told, category=Category.SYSTEM)
    return done


def _old_events() -> int:
    days = EVENT_RETENTION_DAYS.now(anew=True)
    return _delete_in_batches(RunEvent.objects.filter(run__in=_ended_before(days))) if days else 0


def _old_effects() -> int:
    return _delete_in_batches(Effect.objects.filter(run__in=_ended_before(RESUME_DAYS)))


def _old_states() -> int:
    whole = _ended_before(RESUME_DAYS).exclude(graph_state={}).exclude(graph_state__has_key="lasting")
    count = 0
    while runs := list(whole.only("id", "graph_state")[:STATES]):
        for run in runs:
            progress.shrink(run)
        count += len(runs)
    return count


def _old_reservations() -> int:
    """Those of which nobody will ever know what they cost go as well, once no month's budget counts them."""
    before = timezone.now() - timedelta(days=RESERVATION_DAYS)
    known = Reservation.objects.exclude(state=ReservationState.HELD).filter(created_at__lt=before)
    unknown = Reservation.objects.filter(created_at__lt=before - timedelta(days=RESERVATION_DAYS))
    return _delete_in_batches(known) + _delete_in_batches(unknown)


def _old_deliveries() -> int:
    before = timezone.now() - timedelta(days=DELIVERY_DAYS)
    return _delete_in_batches(WebhookDelivery.objects.unheld().filter(created_at__lt=before))


def _unused_blobs() -> int:
    """Go on through all contents where the last time ended, for so many pages."""
    before = timezone.now() - timedelta(days=BLOB_DAYS)
    count, position = 0, cache.get(_POSITION, "")
    for _page in range(BLOB_PAGES):
        rows = Blob.objects.filter(sha256__gt=position, created_at__lt=before).order_by("sha256")
        hashes = list(rows.values_list("sha256", flat=True)[:BLOBS])
        count += storage.delete_unused_blobs(hashes, before=before)
        position = hashes[-1] if len(hashes) == BLOBS else ""
        if not position:
            break
    cache.set(_POSITION, position, None)
    return count


def _old_counters() -> int:
    before = timezone.now().date() - timedelta(days=COUNTER_DAYS)
    return _delete_in_batches(DailyUsage.objects.filter(day_on__lt=before))


def _old_outcomes() -> int:
    """Celery does it too, where there is a beat."""
    before = timezone.now() - timedelta(seconds=settings.CELERY_RESULT_EXPIRES)
    return _delete_in_batches(TaskResult.objects.filter(date_done__lt=before))


def _ended_before(days: int) -> QuerySet[Run]:
    before = timezone.now() - timedelta(days=days)
    ended = Q(build__completed_at__lt=before) | Q(analysis__completed_at__lt=before) | Q(job__finished_at__lt=before)
    return Run.objects.filter(ended | Q(deployment__finished_at__lt=before))


def _delete_in_batches(rows: QuerySet[Any]) -> int:
    count = 0
    while ids := list(rows.order_by().values_list("id", flat=True)[:BATCH]):
        count += rows.model.objects.filter(id__in=ids).delete()[0]
    return count
