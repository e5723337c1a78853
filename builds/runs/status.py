"""The one place that changes a run's state, and with it the status of what runs on it."""

from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from builds.models.build import Build
from builds.models.run import Run
from builds.runs.errors import StaleFence
from builds.states import FINAL, State, sources_of


@transaction.atomic
def show_started(run_id: UUID) -> None:
    """Show on the build that a worker claimed its run."""
    Build.objects.filter(run_id=run_id, status__in=[State.PENDING, State.WAITING]).update(status=State.RUNNING)
    Build.objects.filter(run_id=run_id, started_at__isnull=True).update(started_at=timezone.now())


@transaction.atomic
def end(run_id: UUID, target: State, *, fence: int | None) -> None:
    """Move a run and its build into a final state, by compare-and-swap.

    :param fence: the worker's hold; None for a run that nobody holds.
    :raises StaleFence: the run is held by somebody else, or has ended.
    """
    if target not in FINAL:
        raise ValueError(target)
    runs: QuerySet[Run] = Run.objects.filter(id=run_id, state__in=sources_of(target))
    runs = runs.filter(fence=fence) if fence is not None else runs.exclude(state=State.RUNNING)
    if not runs.update(state=target, lease_owner="", lease_expires_at=None, next_attempt_at=None):
        raise StaleFence(str(run_id))
    build = Build.objects.filter(run_id=run_id).first()
    if build is None:
        return
    now = timezone.now()
    duration = (now - build.started_at).total_seconds() if build.started_at else 0.0
    Build.objects.filter(id=build.id).update(status=target, completed_at=now, duration_seconds=duration)


@transaction.atomic
def give_back(run_id: UUID, fence: int) -> None:
    """Return a run to the queue, unfinished, without counting the attempt; what it finished is kept.

    A run that was to be cancelled is cancelled instead.

    :raises StaleFence: somebody else holds it.
    """
    mine = Run.objects.filter(id=run_id, fence=fence, state=State.RUNNING)
    if mine.filter(cancel_requested_at__isnull=False).exists():
        end(run_id, State.CANCELLED, fence=fence)
        return
    if not mine.update(state=State.PENDING, lease_owner="", lease_expires_at=None, attempts=F("attempts") - 1):
        raise StaleFence(str(run_id))
    Build.objects.filter(run_id=run_id).update(status=State.PENDING)


def request_cancel(run_id: UUID) -> bool:
    """Note that somebody wants the run to stop; False when it has ended, or somebody wanted it before."""
    wanted = Run.objects.filter(id=run_id, cancel_requested_at__isnull=True).exclude(state__in=FINAL)
    return bool(wanted.update(cancel_requested_at=timezone.now()))
