"""The one place that changes a run's state, and with it the status of what runs on it."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, QuerySet, When
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentStatus
from builds.models.job import ENDED, STATUS_OF, Job
from builds.models.run import Run
from builds.runs.errors import StaleFence
from builds.runs.fence import held
from builds.states import FINAL, State, sources_of


@transaction.atomic
def show_started(run_id: UUID) -> bool:
    """Show on what runs on it that a worker claimed a run; say whether it is the first that got to show it."""
    if Job.objects.filter(run_id=run_id).exclude(status__in=ENDED).update(status=STATUS_OF[State.RUNNING]):
        return bool(Job.objects.filter(run_id=run_id, started_at__isnull=True).update(started_at=timezone.now()))
    if Deployment.objects.filter(run_id=run_id).exists():
        return bool(Deployment.objects.filter(run_id=run_id, started_at__isnull=True).update(started_at=timezone.now()))
    Build.objects.filter(run_id=run_id, status__in=[State.PENDING, State.WAITING]).update(status=State.RUNNING)
    return bool(Build.objects.filter(run_id=run_id, started_at__isnull=True).update(started_at=timezone.now()))


@transaction.atomic
def end(run_id: UUID, target: State, *, fence: int | None, is_rolled_back: bool = False) -> None:
    """Move a run and what runs on it into a final state, by compare-and-swap.

    :param fence: the worker's hold; None for a run that nobody holds.
    :param is_rolled_back: of a deployment that failed: its branch is where it was before.
    :raises StaleFence: the run is held by somebody else, or has ended.
    """
    if target not in FINAL:
        raise ValueError(target)
    runs: QuerySet[Run] = Run.objects.filter(id=run_id, state__in=sources_of(target))
    runs = runs.filter(fence=fence) if fence is not None else runs.exclude(state=State.RUNNING)
    if not runs.update(state=target, lease_owner="", lease_expires_at=None, next_attempt_at=None):
        raise StaleFence(str(run_id))
    now = timezone.now()
    build = Build.objects.filter(run_id=run_id).first()
    if build is None:
        ended = DeploymentStatus.ROLLED_BACK if is_rolled_back else DeploymentStatus.FAILED
        ended = DeploymentStatus.HEALTHY if target == State.COMPLETED else ended
        if not Deployment.objects.filter(run_id=run_id).update(status=ended, finished_at=now):
            Job.objects.filter(run_id=run_id).update(status=STATUS_OF[target], finished_at=now)
        return
    duration = (now - build.started_at).total_seconds() if build.started_at else 0.0
    Build.objects.filter(id=build.id).update(status=target, completed_at=now, duration_seconds=duration)


def enter_stage(run_id: UUID, fence: int, stage: DeploymentStatus, **found: Any) -> bool:
    """Show how far a deployment came, with what was found out.

    False, and nothing was changed, when it is to be cancelled; once it is deploying nobody can ask for that.

    :raises StaleFence: somebody else holds it.
    """
    with held(run_id, fence):
        if Run.objects.filter(id=run_id, cancel_requested_at__isnull=False).exists():
            return False
        Deployment.objects.filter(run_id=run_id).update(status=stage, **found)
        return True


@transaction.atomic
def give_back(run_id: UUID, fence: int) -> bool:
    """Return a run to the queue, unfinished, without counting the attempt; what it finished is kept.

    False, and nothing was changed, when it is to be cancelled.

    :raises StaleFence: somebody else holds it.
    """
    return _let_go(run_id, fence, State.PENDING, {})


@transaction.atomic
def wait(run_id: UUID, fence: int, *, seconds: float) -> bool:
    """Let go of a run until its provider may be asked again, without counting the attempt.

    False, and nothing was changed, when it is to be cancelled.

    :raises StaleFence: somebody else holds it.
    """
    until = {
        "next_attempt_at": Now() + timedelta(seconds=seconds),
        "waiting_since": Coalesce("waiting_since", Now()),
    }
    return _let_go(run_id, fence, State.WAITING, until)


@transaction.atomic
def drop(run_id: UUID, fence: int) -> bool:
    """Let anybody take a run over at once; the attempt counts, so that a fault that comes again can't go on for ever.

    False, and nothing was changed, when it is to be cancelled.

    :raises StaleFence: somebody else holds it.
    """
    mine = Run.objects.filter(id=run_id, fence=fence, state=State.RUNNING)
    if mine.filter(cancel_requested_at__isnull=True).update(lease_owner="", lease_expires_at=Now()):
        return True
    if not mine.exists():
        raise StaleFence(str(run_id))
    return False


@transaction.atomic
def take_away(run_id: UUID, fence: int) -> bool:
    """Return a run to the queue though its holder did not let go of it, without counting the attempt.

    The fence is raised, so that whatever its holder still does is refused. False when ``fence`` holds it no longer, or
    it is to be cancelled.
    """
    held = Run.objects.filter(id=run_id, fence=fence, state=State.RUNNING, cancel_requested_at__isnull=True)
    return bool(held.update(fence=F("fence") + 1)) and _let_go(run_id, fence + 1, State.PENDING, {})


@transaction.atomic
def wait_for_answer(run_id: UUID, fence: int) -> bool:
    """Let go of a run until somebody answers (``go_on``), without counting the attempt.

    False, and nothing was changed, when it is to be cancelled.

    :raises StaleFence: somebody else holds it.
    """
    return _let_go(run_id, fence, State.WAITING, {"next_attempt_at": None, "waiting_since": None})


def go_on(run_id: UUID) -> bool:
    """Let a run that waits be taken up at once; False when it doesn't wait."""
    return bool(Run.objects.filter(id=run_id, state=State.WAITING).update(next_attempt_at=Now()))


def _let_go(run_id: UUID, fence: int, target: State, changes: dict[str, Any]) -> bool:
    mine = Run.objects.filter(id=run_id, fence=fence, state=State.RUNNING)
    uncounted = Case(When(attempts__gt=0, then=F("attempts") - 1), default=0)
    kept = mine.filter(cancel_requested_at__isnull=True)
    if kept.update(state=target, lease_owner="", lease_expires_at=None, attempts=uncounted, **changes):
        if not Build.objects.filter(run_id=run_id).update(status=target):
            Job.objects.filter(run_id=run_id).update(status=STATUS_OF[target])
        return True
    if not mine.exists():
        raise StaleFence(str(run_id))
    return False


def request_cancel(run_id: UUID) -> bool:
    """Note that somebody wants the run to stop; False when it has ended, or somebody wanted it before."""
    wanted = Run.objects.filter(id=run_id, cancel_requested_at__isnull=True).exclude(state__in=FINAL)
    return bool(wanted.update(cancel_requested_at=timezone.now()))
