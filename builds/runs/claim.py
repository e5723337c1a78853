"""Who works on what: claiming the fairest waiting run by compare-and-swap."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Now

from agentsite.accounts.models import Role
from agentsite.accounts.runtime.table import AGENT_USER_CONCURRENCY
from builds.models.deployment import ENDED, Deployment
from builds.models.job import Job, JobStatus
from builds.models.run import Run, RunKind
from builds.runs import owner as owner_names
from builds.runs.lanes import TALK, WORK, Lane
from builds.states import State

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 5
MADE_PROGRESS: dict[str, Any] = {"attempts": 0, "waiting_since": None}
IN_THE_QUEUE = WORK.kinds
"""What workers take from the one queue that people see: limits and turns are those of all kinds together."""
_CANDIDATES = 5
_CLAIM_LOCK = 4_761_001  # any number that nothing else locks


@dataclass(frozen=True)
class Claim:
    """A hold on a run: good as long as the fence is."""

    run_id: UUID
    fence: int
    attempt: int
    kind: str
    worked_seconds: float = 0.0
    """How long earlier holders worked on it."""


def claimable() -> QuerySet[Run]:
    """Return runs that nobody holds and that may start now, without regard to limits per user."""
    return Run.objects.filter(can_be_claimed())


def can_be_claimed() -> Q:
    """Return what holds for a run that may start now."""
    is_due = Q(next_attempt_at__lte=Now())
    waiting = (
        Q(state=State.PENDING, next_attempt_at__isnull=True) | Q(state__in=[State.PENDING, State.WAITING]) & is_due
    )
    abandoned = Q(state=State.RUNNING, lease_expires_at__lt=Now())
    may_go_on = Q(attempts__lt=MAX_ATTEMPTS, cancel_requested_at__isnull=True)
    return (waiting | abandoned) & may_go_on & Q(kind__in=(*WORK.kinds, *TALK.kinds))


def fairest(lane: Lane = WORK) -> QuerySet[Run]:
    """Return what may be claimed in a lane, fairest first: who has least running there, then priority, then age.

    Guests have one at a time. Of a conversation's jobs one comes after the other, in the order of its messages, and so
    do deployments of a target.
    """
    held = (
        Run.objects.filter(user=OuterRef("user"), kind__in=lane.kinds, state=State.RUNNING, lease_expires_at__gte=Now())
        .order_by()
        .values("user")
        .annotate(count=Count("id"))
        .values("count")
    )
    waiting = claimable().filter(kind__in=lane.kinds)
    if lane == TALK:
        waiting = waiting.exclude(Exists(_earlier_jobs()))
    else:
        waiting = waiting.exclude(Q(kind=RunKind.DEPLOYMENT) & Exists(_deployments_before()))
    return (
        waiting.annotate(running_now=Coalesce(Subquery(held), 0))
        .filter(Q(running_now=0) | ~Q(user__role=Role.GUEST), running_now__lt=AGENT_USER_CONCURRENCY.now())
        .order_by("running_now", "-priority", "id")
    )


def _earlier_jobs() -> QuerySet[Job]:
    """Return jobs of the same conversation that come first; one that waits for its author's answer holds nobody up."""
    before = Job.objects.filter(conversation=OuterRef("job__conversation"), id__lt=OuterRef("job__id"))
    return before.filter(at_work_now())


def _deployments_before() -> QuerySet[Deployment]:
    """Return deployments of the same target that have to end first; one that waits for a yes holds nobody up."""
    others = Deployment.objects.filter(target=OuterRef("deployment__target")).exclude(run=OuterRef("id"))
    asks = Q(run__state=State.WAITING, run__next_attempt_at__isnull=True)
    is_earlier = Q(id__lt=OuterRef("deployment__id")) & ~asks
    has_begun = Q(started_at__isnull=False) | Q(run__state=State.RUNNING)
    return others.exclude(status__in=ENDED).filter(is_earlier | has_begun)


def at_work_now() -> Q:
    """Return what holds for a job that waits for nobody's answer and has not ended."""
    for_provider = Q(status=JobStatus.WAITING, run__waiting_since__isnull=False)
    return Q(status__in=[JobStatus.QUEUED, JobStatus.RUNNING]) | for_provider


@transaction.atomic
def claim_next(owner: str, *, run_id: UUID | None = None, lane: Lane = WORK) -> Claim | None:
    """Claim one run of a lane, or return None when there is nothing to do.

    Of several workers that ask at once exactly one gets a given run. ``run_id`` limits the claim to one run.
    """
    waiting = fairest(lane)
    if run_id is not None:
        waiting = waiting.filter(id=run_id)
    _one_claim_at_a_time()
    for run in waiting.only("id", "fence", "attempts", "kind", "worked_seconds")[:_CANDIDATES]:
        if _take(run, owner):
            return Claim(run.id, run.fence + 1, run.attempts + 1, run.kind, run.worked_seconds)
    return None


def _one_claim_at_a_time() -> None:
    """Make other claims wait for this transaction, so that limits per user are kept; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_CLAIM_LOCK])


def _take(run: Run, owner: str) -> bool:
    unchanged = claimable().filter(id=run.id, fence=run.fence)
    # Whoever holds the row may have been stopped in the middle of a write: nobody waits for that one here.
    if not unchanged.select_for_update(skip_locked=True).values_list("id"):
        return False
    return bool(
        unchanged.update(
            state=State.RUNNING,
            lease_owner=owner,
            lease_expires_at=Now() + LEASE,
            fence=F("fence") + 1,
            attempts=F("attempts") + 1,
            next_attempt_at=None,
        )
    )


def expire_all_leases() -> int:
    """Let every held run be claimed at once; return how many there were.

    Only for a process that has the database to itself and has not begun to work: whoever held a lease is dead.
    """
    return Run.objects.filter(state=State.RUNNING).update(lease_expires_at=Now())


def release_dead() -> int:
    """Let runs be claimed at once whose holder was a process of this machine that has ended; return how many."""
    held = Run.objects.filter(
        state=State.RUNNING, lease_expires_at__gt=Now(), lease_owner__startswith=owner_names.here()
    )
    dead = [run for run in held.only("id", "fence", "lease_owner") if owner_names.is_gone(run.lease_owner)]
    return sum(
        Run.objects.filter(id=run.id, fence=run.fence, state=State.RUNNING).update(lease_expires_at=Now())
        for run in dead
    )


def renew(claim: Claim, *, worked_seconds: float) -> bool:
    """Push the lease's end out and add up the time worked; False when the run is no longer ours."""
    mine = Run.objects.filter(id=claim.run_id, fence=claim.fence, state=State.RUNNING)
    return bool(mine.update(lease_expires_at=Now() + LEASE, worked_seconds=F("worked_seconds") + worked_seconds))


def note_progress(claim: Claim) -> None:
    """Forget failed attempts and waiting: only what gets nowhere is given up.

    Called in the transaction that stores the progress.
    """
    stuck = Q(attempts__gt=0) | Q(waiting_since__isnull=False)
    Run.objects.filter(stuck, id=claim.run_id).update(**MADE_PROGRESS)
