"""Where a waiting run stands in the queue, and about how long it will wait."""

import statistics
import time
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, Count, Min, Q, QuerySet
from django.db.models.functions import Cast

from agentsite.common.acting import as_server
from agentsite.common.compiled import Compiled, Given
from builds.models.run import Run
from builds.runs.claim import IN_THE_QUEUE, can_be_claimed
from builds.states import State

_RECENT = 20
_TYPICAL_SECONDS = 30.0
"""What a run is taken to last before any has ended here."""
_KEPT_SECONDS = 5.0
_typical: tuple[float, float] | None = None
"""What a run typically lasts, and until when this holds on the monotonic clock: for a guess it need not be today's."""


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
    lines = _lines(run)
    mine = lines.pop(run.user_id, _Line(0, 0, 0, None))
    before = mine.before
    for line in lines.values():
        is_older = line.oldest is not None and UUID(line.oldest) < run.id
        before += max(0, min(line.waiting, mine.running + mine.before - line.running + is_older))
    running = mine.running + sum(line.running for line in lines.values())
    return Place(before + 1, _typical_seconds() * (before + 1) / max(1, running))


class _Line(NamedTuple):
    """What one user has at work and in the queue."""

    running: int
    waiting: int
    before: int
    """How many of those that wait go before the run in question, if they are the same user's."""
    oldest: str | None


def _lines(run: Run) -> dict[int, _Line]:
    rows = _LINES.rows(priority=run.priority, id=run.id)
    return {user: _Line(*line) for user, *line in rows}


def _all_lines() -> "QuerySet[Run, tuple[Any, ...]]":
    is_running = Q(state=State.RUNNING)
    goes_before = Q(priority__gt=_PRIORITY) | Q(priority=_PRIORITY, id__lt=_ID)
    at_work_or_due = Run.objects.filter(is_running | can_be_claimed(), kind__in=IN_THE_QUEUE)
    return (
        at_work_or_due.order_by()
        .values_list("user")
        .annotate(
            running=Count("id", filter=is_running),
            waiting=Count("id", filter=~is_running),
            before=Count("id", filter=~is_running & goes_before),
            # Before version 18 PostgreSQL finds no smallest UUID, but one of texts, which stand in the same order.
            oldest=Min(Cast("id", CharField()), filter=~is_running),
        )
    )


def _durations() -> "QuerySet[Run, float]":
    ended = Run.objects.filter(kind__in=IN_THE_QUEUE, state=State.COMPLETED).order_by("-id")
    return ended.values_list("worked_seconds", flat=True)[:_RECENT]


_PRIORITY, _ID = Given(Run, "priority"), Given(Run, "id")
_LINES, _DURATIONS = Compiled(_all_lines), Compiled(_durations)


def _typical_seconds() -> float:
    global _typical  # noqa: PLW0603  one memory for the process
    if _typical is None or time.monotonic() >= _typical[1]:
        durations = _DURATIONS.rows()
        _typical = (statistics.median(durations) if durations else _TYPICAL_SECONDS, time.monotonic() + _KEPT_SECONDS)
    return _typical[0]


def forget() -> None:
    """Ask the database the next time what runs last."""
    global _typical  # noqa: PLW0603
    _typical = None
