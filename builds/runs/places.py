"""Where a waiting run stands in the queue, and about how long it will wait."""

import statistics
from dataclasses import dataclass
from uuid import UUID

from django.db.models import CharField, Count, Min, Q
from django.db.models.functions import Cast

from agentsite.common.acting import as_server
from builds.models.run import Run
from builds.runs.claim import IN_THE_QUEUE, claimable
from builds.states import State

_RECENT = 20
_OLDEST = Min(Cast("id", CharField()))
"""Before version 18, PostgreSQL finds no smallest UUID, but one of texts, which stand in the same order."""
_TYPICAL_SECONDS = 30.0
"""What a run is taken to last before any has ended here."""


@dataclass(frozen=True)
class Place:
    """A place, from 1, and the seconds until it is likely to be this run's turn."""

    position: int
    wait_seconds: float


def place_of(run: Run) -> Place | None:
    """Return a waiting run's place; None when it does not wait in the queue.

    Users take turns, as in ``claim.fairest``: of another user's runs only those count that come before this one's turn.
    """
    if run.state != State.PENDING:
        return None
    with as_server():  # the queue is everybody's
        return _place_of(run)


def _place_of(run: Run) -> Place:
    running = _running_by_user()
    mine = claimable().filter(user=run.user_id)
    before = mine.filter(Q(priority__gt=run.priority) | Q(priority=run.priority, id__lt=run.id)).count()
    turn = running.get(run.user_id, 0) + before
    others = claimable().exclude(user=run.user_id).order_by()
    for user, waiting, oldest in others.values_list("user").annotate(waiting=Count("id"), oldest=_OLDEST):
        earlier = turn - running.get(user, 0) + (1 if UUID(oldest) < run.id else 0)
        before += max(0, min(waiting, earlier))
    return Place(before + 1, _typical_seconds() * (before + 1) / max(1, sum(running.values())))


def _running_by_user() -> dict[int, int]:
    rows = Run.objects.filter(state=State.RUNNING).order_by().values_list("user").annotate(Count("id"))
    return dict(rows)


def _typical_seconds() -> float:
    ended = Run.objects.filter(kind__in=IN_THE_QUEUE, state=State.COMPLETED).order_by("-id")
    durations = list(ended.values_list("worked_seconds", flat=True)[:_RECENT])
    return statistics.median(durations) if durations else _TYPICAL_SECONDS
