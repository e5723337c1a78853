"""Fills a database with made-up builds, for tests of scale."""

from collections.abc import Callable

from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category
from builds.models.build import Build
from builds.models.run import Run, RunEvent, RunKind
from builds.states import State, Verification

BATCH = 2_000
BUILDS_PER_USER = 1_000
SECONDS = 12.5
ENDS = (
    (State.COMPLETED, Verification.VERIFIED),
    (State.COMPLETED, Verification.PARTLY),
    (State.FAILED, Verification.UNVERIFIED),
)
EVENTS = ("build.submitted",)


def seed(count: int, *, on_progress: Callable[[int], None] = lambda _done: None) -> int:
    """Add builds that have ended, 1 000 to a user, and return how many users own them.

    Users take turns, so that one's builds lie among everybody's. Each batch is a transaction: what was added before an
    interruption stays.
    """
    users = _users(max(1, count // BUILDS_PER_USER))
    for start in range(0, count, BATCH):
        _add([users[number % len(users)] for number in range(start, min(count, start + BATCH))], start)
        on_progress(min(count, start + BATCH))
    with transaction.atomic():
        audit.record("builds.seeded", user=None, details={"builds": count}, category=Category.SYSTEM)
    return len(users)


def _users(count: int) -> list[User]:
    names = [f"seed-{number:05d}" for number in range(count)]
    User.objects.bulk_create(
        (User(username=name, email=f"{name}@example.org", password=make_password(None)) for name in names),
        ignore_conflicts=True,
    )
    return list(User.objects.filter(username__in=names).order_by("username"))


@transaction.atomic
def _add(owners: list[User], start: int) -> None:
    runs = [
        Run(kind=RunKind.BUILD, user=owner, state=_end(start + place)[0], worked_seconds=SECONDS)
        for place, owner in enumerate(owners)
    ]
    Run.objects.bulk_create(runs)
    Build.objects.bulk_create(_build(run, start + place) for place, run in enumerate(runs))
    RunEvent.objects.bulk_create(
        RunEvent(run=run, seq=seq, kind=kind) for run in runs for seq, kind in enumerate(EVENTS, start=1)
    )
    Run.objects.filter(id__in=[run.id for run in runs]).update(last_seq=len(EVENTS))


def _end(number: int) -> tuple[State, Verification]:
    return ENDS[number % len(ENDS)]


def _build(run: Run, number: int) -> Build:
    status, verification = _end(number)
    now = timezone.now()
    return Build(
        user=run.user,
        run=run,
        project_name=f"project {number}",
        requirements=f"Made-up request number {number} of the seed.",
        status=status,
        verification=verification,
        started_at=now,
        completed_at=now,
        duration_seconds=SECONDS,
    )
