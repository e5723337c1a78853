"""How somebody's builds went: counted from builds, their attempts and the ledger. Three queries, whatever there is."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Literal, NamedTuple

from django.db.models import OuterRef, Subquery, Sum
from django.db.models.functions import Trunc, TruncDate
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import invalid
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.models.usage import TokenUsage
from builds.states import State, Verification
from builds.usage.summing import money

Unit = Literal["day", "week"]
_STEPS: dict[Unit, timedelta] = {"day": timedelta(days=1), "week": timedelta(days=7)}


class Range(NamedTuple):
    """So many days or weeks, the running one among them."""

    unit: Unit
    steps: int


DEFAULT = "30-days"
RANGES = {DEFAULT: Range("day", 30), "12-weeks": Range("week", 12), "year": Range("week", 53)}
"""What can be asked for, by its name in an address."""


@dataclass
class Counts:
    """What some builds came to."""

    builds: int = 0
    ended: int = 0
    """Completed or failed: what was cancelled had no chance to be proved."""
    verified: int = 0
    first_try: int = 0
    """Verified without a repair."""
    repairs: int = 0
    """Of those that ended."""
    cost_usd: Decimal = Decimal(0)
    """Of all model calls of the time, talks and deleted builds among them."""

    @property
    def verified_rate(self) -> float | None:
        """Return which part of what ended was verified, from 0 to 1; None when nothing ended."""
        return round(self.verified / self.ended, 4) if self.ended else None

    @property
    def first_try_rate(self) -> float | None:
        """Return which part of what ended was verified without a repair."""
        return round(self.first_try / self.ended, 4) if self.ended else None

    @property
    def repairs_per_build(self) -> float | None:
        """Return how many repairs a build took."""
        return round(self.repairs / self.ended, 2) if self.ended else None


@dataclass
class Period(Counts):
    """One day, or the week that begins on a Monday (UTC)."""

    begins_on: date = date.min


class Language(NamedTuple):
    """One language, and how many builds are in it."""

    language: str
    builds: int


@dataclass(frozen=True)
class Streaks:
    """Days in a row (UTC) on each of which a build was verified, of all time."""

    current: int = 0
    """Up to today, or up to yesterday while today can still go on with it."""
    longest: int = 0


@dataclass(frozen=True)
class Statistics:
    """What the page, the API and the bot show."""

    name: str
    unit: Unit
    periods: Sequence[Period]
    """Oldest first, the running one last."""
    total: Counts
    languages: Sequence[Language]
    """Most builds first."""
    streaks: Streaks = field(default_factory=Streaks)

    @property
    def since(self) -> date:
        """Return the first day."""
        return self.periods[0].begins_on

    @property
    def is_empty(self) -> bool:
        """Say whether there is nothing to show of this time."""
        return not (self.total.builds or self.total.cost_usd)


def statistics_of(user: User, name: str = DEFAULT) -> Statistics:
    """Return how somebody's builds went.

    :raises AppError: ``request.invalid`` for a range that is none of ``RANGES``.
    """
    if name not in RANGES:
        raise invalid(range=_("Choose one of these: %(names)s.") % {"names": ", ".join(RANGES)})
    unit, count = RANGES[name]
    today = timezone.now().astimezone(UTC).date()
    periods = {period.begins_on: period for period in _periods(unit, count, today)}
    since = min(periods)
    total, languages = Counts(), dict[str, int]()
    for row in _builds(user, since):
        languages[row.language] = languages.get(row.language, 0) + 1
        _add(total, row)
        _add(periods.get(_begin(unit, row.day), Counts()), row)
    for begins_on, cost in _costs(user, since, unit):
        total.cost_usd += cost
        periods.get(begins_on, Counts()).cost_usd += cost
    ranked = [Language(*item) for item in sorted(languages.items(), key=lambda item: (-item[1], item[0]))]
    return Statistics(name, unit, list(periods.values()), total, ranked, streaks_of(_proved_days(user), today))


def streaks_of(days: Iterable[date], today: date) -> Streaks:
    """Return the current and the longest row of days; ``days`` are in order, each once."""
    length, longest, last = 0, 0, None
    for day in days:
        length = length + 1 if last is not None and day - last == _STEPS["day"] else 1
        longest, last = max(longest, length), day
    goes_on = last is not None and today - last <= _STEPS["day"]
    return Streaks(length if goes_on else 0, longest)


class _Row(NamedTuple):
    day: date
    status: str
    verification: str
    language: str
    last_attempt: int | None


def _builds(user: User, since: date) -> Iterator[_Row]:
    attempts = BuildFile.objects.filter(build=OuterRef("pk")).order_by("-attempt").values("attempt")[:1]
    found = Build.objects.filter(user=user, created_at__gte=_midnight(since)).order_by()
    rows = found.annotate(day=TruncDate("created_at", tzinfo=UTC), last_attempt=Subquery(attempts))
    names = ("day", "status", "verification", "language", "last_attempt")
    return (_Row(*row) for row in rows.values_list(*names).iterator(chunk_size=2_000))


def _add(counts: Counts, row: _Row) -> None:
    counts.builds += 1
    if row.status not in {State.COMPLETED, State.FAILED}:
        return
    repairs = max(0, (row.last_attempt or 0) - 1)
    counts.ended += 1
    counts.repairs += repairs
    if row.status == State.COMPLETED and row.verification == Verification.VERIFIED:
        counts.verified += 1
        counts.first_try += not repairs


def _costs(user: User, since: date, unit: Unit) -> Iterator[tuple[date, Decimal]]:
    calls = TokenUsage.objects.filter(user=user, created_at__gte=_midnight(since)).order_by()
    rows = calls.annotate(at=Trunc("created_at", unit, tzinfo=UTC)).values_list("at").annotate(cost=Sum("cost_usd"))
    return ((at.date(), money(cost)) for at, cost in rows)


def _proved_days(user: User) -> Iterable[date]:
    proved = Build.objects.filter(user=user, status=State.COMPLETED, verification=Verification.VERIFIED)
    days = proved.annotate(day=TruncDate("completed_at", tzinfo=UTC)).values_list("day", flat=True)
    return days.order_by("day").distinct()


def _periods(unit: Unit, count: int, today: date) -> list[Period]:
    last = _begin(unit, today)
    return [Period(begins_on=last - _STEPS[unit] * back) for back in range(count - 1, -1, -1)]


def _begin(unit: Unit, day: date) -> date:
    return day if unit == "day" else day - timedelta(days=day.weekday())


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
