"""Which runs get nowhere, why, and what an operator can do about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from builds.models.run import Run, RunEvent
from builds.states import State

SILENT_AFTER = timedelta(minutes=10)
"""A worker tells of each step it begins and ends; a step takes less unless its model or its sandbox hangs."""
ABANDONED_AFTER = timedelta(seconds=30)
"""By then whoever looks at the table would have taken it over: no worker looks."""
OVERDUE_AFTER = timedelta(minutes=2)
QUEUED_TOO_LONG = timedelta(minutes=15)
STOPPING_TOO_LONG = timedelta(minutes=2)


@dataclass(frozen=True)
class Reason:
    """Why a run is stuck, and what to do."""

    code: str
    what: str | Promise
    advice: str | Promise


REASONS = {
    reason.code: reason
    for reason in (
        Reason(
            "abandoned",
            _("Its worker is gone: the lease ran out and nobody has taken it over."),
            _("No worker looks at the queue. Start one; it goes on after the last finished step."),
        ),
        Reason(
            "silent",
            _("Its worker holds it, but nothing has happened for more than ten minutes."),
            _("The model or the sandbox hangs. Cancel the build, or reassign it to another worker."),
        ),
        Reason(
            "stopping",
            _("Somebody asked it to stop, and its worker has not stopped."),
            _("The worker hangs. It is given up when its lease runs out; restart the worker if it never does."),
        ),
        Reason(
            "overdue",
            _("It was to be tried again, and that time has passed."),
            _("No worker is free, or none looks at the queue. Start one, or raise AGENT_CONCURRENCY."),
        ),
        Reason(
            "queued",
            _("It has waited in the queue for more than a quarter of an hour."),
            _("Workers are busy, its owner has as many running as one may have, or no worker looks."),
        ),
    )
}


def stuck_runs(*codes: str) -> QuerySet[Run]:
    """Return the runs that get nowhere for one of some reasons, or for any; looks at those that have not ended."""
    found = Q()
    for code in codes or REASONS:
        found |= _CONDITIONS[code](timezone.now())
    unfinished = Run.objects.filter(state__in=[State.PENDING, State.RUNNING, State.WAITING])
    return unfinished.filter(found)


def reason_of(run: Run, last_event_at: datetime | None) -> Reason | None:
    """Return why a run is stuck; None for one that isn't."""
    return next((REASONS[code] for code in _codes(run, last_event_at, timezone.now())), None)


def with_last_event(runs: QuerySet[Run]) -> QuerySet[Run]:
    """Add ``last_event_at`` to runs."""
    last = RunEvent.objects.filter(run=OuterRef("pk"), seq=OuterRef("last_seq")).values("created_at")
    return runs.annotate(last_event_at=Subquery(last[:1]))


def _codes(run: Run, last_event_at: datetime | None, now: datetime) -> Iterable[str]:
    if run.state == State.RUNNING:
        if run.lease_expires_at and run.lease_expires_at < now - ABANDONED_AFTER:
            yield "abandoned"
        if run.cancel_requested_at and run.cancel_requested_at < now - STOPPING_TOO_LONG:
            yield "stopping"
        if last_event_at and last_event_at < now - SILENT_AFTER:
            yield "silent"
    elif run.state in {State.PENDING, State.WAITING}:
        if run.next_attempt_at and run.next_attempt_at < now - OVERDUE_AFTER:
            yield "overdue"
        if run.state == State.PENDING and not run.next_attempt_at and run.created_at < now - QUEUED_TOO_LONG:
            yield "queued"


def _abandoned(now: datetime) -> Q:
    return Q(state=State.RUNNING, lease_expires_at__lt=now - ABANDONED_AFTER)


def _silent(now: datetime) -> Q:
    told = RunEvent.objects.filter(run=OuterRef("pk"), seq=OuterRef("last_seq"), created_at__lt=now - SILENT_AFTER)
    return Q(state=State.RUNNING) & Q(Exists(told))


def _stopping(now: datetime) -> Q:
    return Q(state=State.RUNNING, cancel_requested_at__lt=now - STOPPING_TOO_LONG)


def _overdue(now: datetime) -> Q:
    return Q(state__in=[State.PENDING, State.WAITING], next_attempt_at__lt=now - OVERDUE_AFTER)


def _queued(now: datetime) -> Q:
    return Q(state=State.PENDING, next_attempt_at__isnull=True, created_at__lt=now - QUEUED_TOO_LONG)


_CONDITIONS = {
    "abandoned": _abandoned,
    "silent": _silent,
    "stopping": _stopping,
    "overdue": _overdue,
    "queued": _queued,
}
