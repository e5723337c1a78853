"""What somebody used: by day, by model, by build. A constant number of queries, whatever was used."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from agentsite.accounts.models import DailyUsage, User
from builds.models.usage import TokenUsage
from builds.runs import budget
from builds.usage.days import dates
from builds.usage.summing import Spent, grouped, money

DAYS = 30
MAX_DAYS = 366
MAX_BUILDS = 20


@dataclass(frozen=True)
class Amounts:
    """What was used in some time."""

    api_calls: int = 0
    builds: int = 0
    tokens_input: int = 0
    tokens_output: int = 0
    cost_usd: Decimal = Decimal(0)


_AMOUNTS = tuple(field.name for field in fields(Amounts))


@dataclass(frozen=True)
class Day:
    """One day (UTC)."""

    day: date
    used: Amounts


@dataclass(frozen=True, kw_only=True)
class Share(Spent):
    """One model's or one build's part of a month."""

    provider: str = ""
    model: str = ""
    build_id: UUID | None = None
    project_name: str = ""


@dataclass(frozen=True)
class Usage:
    """What the usage page and the API show."""

    today: Amounts
    month: Amounts
    days: Sequence[Day]
    """Oldest first, today last; days without use are there too."""
    models: Sequence[Share]
    """Of this month, dearest first."""
    builds: Sequence[Share]
    """The dearest of this month."""
    api_calls_limit: int
    budget_usd: Decimal | None
    committed_usd: Decimal
    """Spent this month, and set aside for calls that are under way."""
    unpriced_calls: int
    """Calls of this month whose price is not known."""
    storage_used_mb: float
    storage_quota_mb: int


def usage_of(user: User, days: int = DAYS) -> Usage:
    """Return what somebody used in this month, and on each of the last days."""
    now = timezone.now().astimezone(UTC)
    month = budget.month_start(now)
    by_day = _by_day(user, min(month.date(), _first(now, days)))
    rows = TokenUsage.objects.filter(user=user, created_at__gte=month)
    models = _shares(rows, "provider", "model")
    return Usage(
        today=by_day.get(now.date(), Amounts()),
        month=_total([used for day, used in by_day.items() if day >= month.date()]),
        days=[Day(day, by_day.get(day, Amounts())) for day in dates(_first(now, days), now.date())],
        models=models,
        builds=_shares(rows.filter(build__isnull=False), "build_id", "build__project_name", most=MAX_BUILDS),
        api_calls_limit=user.api_quota_daily,
        budget_usd=user.budget_usd_monthly,
        committed_usd=budget.committed_usd(user_id=user.pk, since=month),
        unpriced_calls=sum(share.unpriced_calls for share in models),
        storage_used_mb=user.storage_used_mb,
        storage_quota_mb=user.storage_quota_mb,
    )


def _first(now: datetime, days: int) -> date:
    return now.date() - timedelta(days=days - 1)


def _by_day(user: User, first: date) -> dict[date, Amounts]:
    rows = DailyUsage.objects.filter(user=user, day_on__gte=first).values("day_on", *_AMOUNTS)
    return {row.pop("day_on"): _amounts(row) for row in rows}


def _amounts(row: dict[str, Any]) -> Amounts:
    return Amounts(**row | {"cost_usd": money(row["cost_usd"])})


def _total(used: Sequence[Amounts]) -> Amounts:
    sums: dict[str, Any] = {name: sum(map(attrgetter(name), used)) for name in _AMOUNTS}
    return Amounts(**sums | {"cost_usd": Decimal(sums["cost_usd"])})


def _shares(rows: QuerySet[TokenUsage], *by: str, most: int | None = None) -> list[Share]:
    return [
        Share(**{name.removeprefix("build__"): value for name, value in common.items()}, **used)
        for common, used in grouped(rows, *by, most=most)
    ]
