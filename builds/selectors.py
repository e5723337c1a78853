"""What can be read about builds."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, Q, QuerySet, Sum

from agentsite.accounts.models import User
from agentsite.common.compiled import Compiled, Given
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from builds.models.files import BuildFile
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.querysets import BuildQuerySet

MAX_EVENTS = 500
MAX_CHILDREN = 10
_NOT_LISTED = {
    *("generated_code", "test_results", "proofs", "build_logs", "summary", "error_details", "redactions"),
    *("run", "api_key", "conversation", "wanted_model", "use_memory", "excluded_memory", "celery_task_id"),
    "remembered_at",
}
"""What may be large, or is asked for of single builds only, and stands in no list."""
LISTED = [column.attname for column in Build._meta.concrete_fields if column.name not in _NOT_LISTED]  # noqa: SLF001  Django's public API
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
    is_anybodys = user.is_operator
    build = next(iter(_one(is_anybodys=is_anybodys, joined=tuple(joined)).rows(id=build_id, user=user.pk)), None)
    if build is not None and not is_anybodys:
        build.user = user
    return build


def attachments_of(build_id: UUID) -> list[BuildAttachment]:
    """Return the files that came with a request, in their order."""
    return _attached.rows(id=build_id)


class ListedBuild(SimpleNamespace):
    """What stands in a list of a build; twenty models would cost more than all else about the list."""

    get_absolute_url = Build.get_absolute_url


def newest_builds(user: User, limit: int) -> list[ListedBuild]:
    """Return the beginning of the list of somebody's own builds, newest first."""
    rows = _newest(limit).rows(user=user.pk)
    return [ListedBuild(user=user, **dict(zip(LISTED, row, strict=True))) for row in rows]


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
    return _added(_spent_by_a_build.rows(id=build_id))


def summed(calls: QuerySet[TokenUsage]) -> Spending:
    """Return the sum of some lines of the ledger."""
    return _added(list(_sums(calls)))


def _sums(calls: QuerySet[TokenUsage]) -> QuerySet[Any, Any]:
    """Sum lines by what they are for, which adds up more cheaply than an aggregate is written."""
    return (
        calls.order_by()
        .values("build_id")
        .annotate(
            calls=Count("id"),
            tokens_input=Sum("tokens_input"),
            tokens_output=Sum("tokens_output"),
            cost_usd=Sum("cost_usd"),
            estimated=Count("id", filter=Q(is_estimated=True)),
            unpriced=Count("id", filter=Q(has_price=False)),
        )
    )


def _added(rows: Collection[dict[str, Any]]) -> Spending:
    return Spending(
        calls=sum(row["calls"] for row in rows),
        tokens_input=sum(row["tokens_input"] for row in rows),
        tokens_output=sum(row["tokens_output"] for row in rows),
        cost_usd=sum((row["cost_usd"] for row in rows), Decimal(0)),
        is_estimated=any(row["estimated"] for row in rows),
        has_price=not any(row["unpriced"] for row in rows),
    )


_ID, _USER = Given(Build, "id"), Given(Build, "user")
_attached = Compiled(lambda: BuildAttachment.objects.filter(build_id=_ID).order_by("place"))
_spent_by_a_build = Compiled(lambda: _sums(TokenUsage.objects.filter(build_id=_ID)))


@cache
def _one(*, is_anybodys: bool, joined: tuple[str, ...]) -> Compiled[Build, Build]:
    """Find anybody's build, or one of one person, who then need not be read with it."""
    builds = Build.objects.all() if is_anybodys else Build.objects.filter(user_id=_USER)
    wanted = [name for name in joined if is_anybodys or name != "user"]
    told = {"came_alone": ~Exists(BuildAttachment.objects.filter(build_id=_ID))}
    asked = builds.filter(id=_ID).annotate(**told)
    return Compiled(lambda: asked.select_related(*wanted) if wanted else asked)


@cache
def _newest(limit: int) -> Compiled[Build, tuple[Any, ...]]:
    return Compiled(lambda: Build.objects.filter(user_id=_USER).order_by("-id").values_list(*LISTED)[:limit])
