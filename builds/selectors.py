"""What can be read about builds."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.querysets import BuildQuerySet

MAX_EVENTS = 500
MAX_CHILDREN = 10
WITH_ITS_PAGE = ("user", "run", "analysis", "parent")
ALONE = ("user", "run")


def visible_builds(user: User) -> BuildQuerySet:
    """Return what this person may see, newest first."""
    return Build.objects.visible_to(user).select_related("user").order_by("-id")


def shared_builds(user: User) -> BuildQuerySet:
    """Return what others let this person read, newest first."""
    return Build.objects.shared_with(user).select_related("user").order_by("-id")


def find_build(user: User, build_id: UUID, joined: Collection[str] = WITH_ITS_PAGE) -> Build | None:
    """Return one build; None where there is none, or none that this person may see.

    :param joined: what is read with it.
    """
    return next(iter(Build.objects.visible_to(user).select_related(*joined).filter(id=build_id)), None)


def children(build: Build) -> list[Build]:
    """Return the newest retries and forks of a build that are its owner's."""
    return list(Build.objects.filter(parent=build, user_id=build.user_id).order_by("-id")[:MAX_CHILDREN])


def timeline_after(run_id: UUID, seq: int, *, limit: int = MAX_EVENTS) -> list[RunEvent]:
    """Return the events with a number above ``seq``, in order."""
    return list(RunEvent.objects.filter(run_id=run_id, seq__gt=seq).order_by("seq")[:limit])


def last_seq(run_id: UUID) -> int:
    """Return the number of a run's last event; 0 for a run that is gone."""
    return Run.objects.filter(id=run_id).values_list("last_seq", flat=True).first() or 0


def status_of(build_id: UUID) -> str:
    """Return a build's status; empty for one that is gone."""
    return Build.objects.filter(id=build_id).values_list("status", flat=True).first() or ""


def attempts(build_id: UUID) -> list[int]:
    """Return the numbers of a build's attempts, oldest first."""
    rows = BuildFile.objects.filter(build_id=build_id).order_by("attempt")
    return list(rows.values_list("attempt", flat=True).distinct())


@dataclass(frozen=True)
class Attempt:
    """One attempt's size."""

    number: int
    files: int
    tests: int


def attempt_sizes(build_id: UUID) -> list[Attempt]:
    """Return a build's attempts, oldest first."""
    rows = BuildFile.objects.filter(build_id=build_id).order_by("attempt").values("attempt")
    counted = rows.annotate(files=Count("id"), tests=Count("id", filter=Q(is_test=True)))
    return [Attempt(row["attempt"], row["files"], row["tests"]) for row in counted]


def files_of(build_id: UUID, attempt: int | None = None) -> list[BuildFile]:
    """Return the files of an attempt with their contents, ordered by path; of the last one unless told."""
    numbers = attempts(build_id)
    wanted = attempt if attempt is not None else (numbers[-1] if numbers else 0)
    return list(BuildFile.objects.filter(build_id=build_id, attempt=wanted).select_related("blob").order_by("path"))


@dataclass(frozen=True)
class Spending:
    """What a build's model calls used."""

    calls: int
    tokens_input: int
    tokens_output: int
    cost_usd: Decimal
    is_estimated: bool
    has_price: bool


NOTHING_SPENT = Spending(0, 0, 0, Decimal(0), is_estimated=False, has_price=True)


def spending(build_id: UUID) -> Spending:
    """Return the sum of a build's ledger."""
    return summed(TokenUsage.objects.filter(build_id=build_id))


def summed(calls: QuerySet[TokenUsage]) -> Spending:
    """Return the sum of some lines of the ledger."""
    sums = calls.aggregate(
        calls=Count("id"),
        tokens_input=Coalesce(Sum("tokens_input"), 0),
        tokens_output=Coalesce(Sum("tokens_output"), 0),
        cost_usd=Coalesce(Sum("cost_usd"), Decimal(0)),
        estimated=Count("id", filter=Q(is_estimated=True)),
        unpriced=Count("id", filter=Q(has_price=False)),
    )
    estimated, unpriced = sums.pop("estimated"), sums.pop("unpriced")
    return Spending(**sums, is_estimated=estimated > 0, has_price=unpriced == 0)
