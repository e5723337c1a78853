"""How builds, models and money went over a period; a constant number of queries, over short indexes."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Trunc

from agentsite.common.ids import first_uuid7
from builds.models.build import Build
from builds.models.run import RunState
from builds.models.usage import TokenUsage
from builds.states import State, Verification
from builds.usage.summing import grouped, money

Unit = Literal["hour", "day"]
STEPS: dict[Unit, timedelta] = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
MOST = 10
SAMPLE = 1_000
"""Medians are those of so many newest ones: more would not change them, and cost more than they tell."""


@dataclass(frozen=True)
class Spread:
    """The middle and the slow end of some durations, in seconds."""

    of: int = 0
    median: float | None = None
    slowest: float | None = None
    """The 95th percentile."""


@dataclass
class Slot:
    """One hour or day."""

    at: datetime
    by_status: dict[str, int] = field(default_factory=dict)
    verified: int = 0
    cost_usd: Decimal = Decimal(0)

    @property
    def builds(self) -> int:
        """Return how many builds were submitted in it."""
        return sum(self.by_status.values())


@dataclass(frozen=True)
class ModelPart:
    """What one model did and cost."""

    provider: str
    model: str
    calls: int
    cost_usd: Decimal
    latency: Spread


@dataclass(frozen=True)
class UserPart:
    """What one person asked for, or spent."""

    user_id: int
    username: str
    builds: int = 0
    verified: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Trends:
    """A period."""

    since: datetime
    unit: Unit
    slots: Sequence[Slot]
    waits: Spread
    durations: Spread
    failures: Sequence[tuple[str, int]]
    models: Sequence[ModelPart]
    spenders: Sequence[UserPart]
    users: Sequence[UserPart]

    def day_of(self, slot: Slot) -> date:
        """Return what a slot is: a day, or the moment at which an hour begins."""
        return slot.at.date() if self.unit == "day" else slot.at

    def ended(self, *statuses: str) -> int:
        """Return how many builds of the period have one of some statuses."""
        return sum(slot.by_status.get(status, 0) for slot in self.slots for status in statuses)

    @property
    def verified(self) -> int:
        """Return how many builds of the period were verified."""
        return sum(slot.verified for slot in self.slots)

    @property
    def cost_usd(self) -> Decimal:
        """Return what the period's model calls cost."""
        return sum((slot.cost_usd for slot in self.slots), Decimal(0))


def trends(now: datetime, unit: Unit, count: int) -> Trends:
    """Return how the last hours or days (UTC) went, the running one among them; seven queries."""
    slots = _slots(now, unit, count)
    since = slots[0].at
    builds = Build.objects.filter(status__in=RunState.values, created_at__gte=since).order_by()
    calls = TokenUsage.objects.filter(created_at__gte=since).order_by()
    by_time = {slot.at: slot for slot in slots}
    _count_builds(builds, unit, by_time)
    waits, durations = _spreads(since)
    return Trends(
        since,
        unit,
        slots,
        waits,
        durations,
        failures=_failures(builds),
        models=_models(calls, unit, by_time),
        spenders=_spenders(calls),
        users=_users(builds),
    )


def spread(seconds: Iterable[float]) -> Spread:
    """Return the median and the 95th percentile."""
    found = sorted(seconds)
    if not found:
        return Spread()
    return Spread(len(found), statistics.median(found), found[min(len(found) - 1, round(0.95 * (len(found) - 1)))])


def _slots(now: datetime, unit: Unit, count: int) -> list[Slot]:
    whole = {"minute": 0, "second": 0, "microsecond": 0} | ({"hour": 0} if unit == "day" else {})
    last = now.astimezone(UTC).replace(**whole)  # type: ignore[arg-type]  # numbers by name
    return [Slot(last - STEPS[unit] * back) for back in range(count - 1, -1, -1)]


def _at(unit: Unit) -> Trunc:
    return Trunc("created_at", unit, tzinfo=UTC)


def _count_builds(builds: QuerySet[Build], unit: Unit, by_time: dict[datetime, Slot]) -> None:
    rows = builds.annotate(at=_at(unit)).values_list("at", "status", "verification").annotate(count=Count("id"))
    for at, status, verification, count in rows:
        slot = by_time.get(at)
        if slot is None:  # submitted after the moment that was given
            continue
        slot.by_status[status] = slot.by_status.get(status, 0) + count
        if status == State.COMPLETED and verification == Verification.VERIFIED:
            slot.verified += count


def _spreads(since: datetime) -> tuple[Spread, Spread]:
    started = Build.objects.filter(id__gte=first_uuid7(since), started_at__isnull=False).order_by("-id")
    rows = list(started.values_list("created_at", "started_at", "duration_seconds")[:SAMPLE])
    waits = ((begun - created).total_seconds() for created, begun, _took in rows if begun)
    return spread(waits), spread(took for _created, _begun, took in rows if took is not None)


def _failures(builds: QuerySet[Build]) -> list[tuple[str, int]]:
    failed = builds.filter(status=State.FAILED).values_list("error_code").annotate(count=Count("id"))
    return list(failed.order_by("-count", "error_code")[:MOST])


def _models(calls: QuerySet[TokenUsage], unit: Unit, by_time: dict[datetime, Slot]) -> list[ModelPart]:
    rows = (
        calls.annotate(at=_at(unit)).values("at", "provider", "model").annotate(calls=Count("id"), cost=Sum("cost_usd"))
    )
    found: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for row in rows:
        cost, name = money(row["cost"]), (row["provider"], row["model"])
        if row["at"] in by_time:
            by_time[row["at"]].cost_usd += cost
        before = found.get(name, (0, Decimal(0)))
        found[name] = (before[0] + row["calls"], before[1] + cost)
    latencies = _latencies(calls)
    parts = [ModelPart(*name, *used, latencies.get(name, Spread())) for name, used in found.items()]
    return sorted(parts, key=lambda part: (-part.cost_usd, -part.calls, part.model))[:MOST]


def _latencies(calls: QuerySet[TokenUsage]) -> dict[tuple[str, str], Spread]:
    timed = calls.filter(duration_ms__isnull=False).order_by("-created_at")
    seconds: dict[tuple[str, str], list[float]] = {}
    for provider, model, took in timed.values_list("provider", "model", "duration_ms")[:SAMPLE]:
        seconds.setdefault((provider, model), []).append((took or 0) / 1000)
    return {name: spread(found) for name, found in seconds.items()}


def _spenders(calls: QuerySet[TokenUsage]) -> list[UserPart]:
    return [
        _user(common, cost_usd=used["cost_usd"])
        for common, used in grouped(calls, "user_id", "user__username", most=MOST)
    ]


def _users(builds: QuerySet[Build]) -> list[UserPart]:
    proved = Count("id", filter=Q(status=State.COMPLETED, verification=Verification.VERIFIED))
    rows = builds.values("user_id", "user__username").annotate(builds=Count("id"), verified=proved)
    return [
        _user(row, builds=row["builds"], verified=row["verified"]) for row in rows.order_by("-builds", "user_id")[:MOST]
    ]


def _user(row: Mapping[str, Any], **amounts: Any) -> UserPart:
    return UserPart(row["user_id"], row["user__username"], **amounts)
