"""How the last hours or days went, as figures, charts and rankings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agentsite.console.rankings import Ranking, rankings
from agentsite.console.showing import Figure, length, listed, percent
from builds.pages.charts import Amount, Chart, Column, chart, when
from builds.pages.durations import money
from builds.states import State
from builds.trends import Slot, Spread, Trends, Unit, trends

KEPT_SECONDS = 30
"""So long a period's figures are shown again without being counted anew."""


@dataclass(frozen=True)
class Period:
    """What an address may ask for."""

    code: str
    title: str | Promise
    unit: Unit
    count: int


PERIODS = {
    period.code: period
    for period in (
        Period("24h", gettext_lazy("24 hours"), "hour", 24),
        Period("7d", gettext_lazy("7 days"), "day", 7),
        Period("30d", gettext_lazy("30 days"), "day", 30),
    )
}


@dataclass(frozen=True)
class Plot:
    """A chart with the same as a table."""

    chart: Chart
    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[str]]]
    """Newest first, without those in which nothing happened."""


@dataclass(frozen=True)
class History:
    """A period."""

    period: Period
    figures: Sequence[Figure]
    plots: Sequence[Plot]
    rankings: Sequence[Ranking]
    counted_at: datetime


def history(code: str) -> History:
    """Return how a period went, as it was counted at most half a minute ago."""
    period = PERIODS.get(code, PERIODS["24h"])
    kept: tuple[datetime, Trends] | None = cache.get(_key(period))
    if kept is None:
        now = timezone.now()
        kept = now, trends(now, period.unit, period.count)
        cache.set(_key(period), kept, KEPT_SECONDS)
    counted_at, found = kept
    return History(period, _figures(found), _plots(found), rankings(found), counted_at)


def forget() -> None:
    """Count anew when asked next."""
    for period in PERIODS.values():
        cache.delete(_key(period))


def _key(period: Period) -> str:
    return f"console.trends.{period.code}"


def _figures(found: Trends) -> list[Figure]:
    since = {"created_at__gte": found.since.isoformat()}
    completed, failed = (found.ended(state) for state in (State.COMPLETED, State.FAILED))
    ended = completed + failed
    are_completed = {"status__exact": State.COMPLETED.value} | since
    return [
        Figure(_("Builds"), str(sum(slot.builds for slot in found.slots)), listed("builds_build", **since)),
        Figure(_("Success"), percent(completed, ended), listed("builds_build", **are_completed), _of(completed, ended)),
        Figure(
            _("Verified"),
            percent(found.verified, ended),
            listed("builds_build", verification__exact="verified", **are_completed),
            _of(found.verified, ended),
        ),
        Figure(_("Failed"), str(failed), listed("builds_build", status__exact=State.FAILED.value, **since)),
        _spread(_("Wait, median"), found.waits),
        _spread(_("Build, median"), found.durations),
        Figure(_("Spent"), money(found.cost_usd), listed("builds_tokenusage", **since)),
    ]


def _of(part: int, whole: int) -> str:
    return _("%(part)d of %(whole)d that ended") % {"part": part, "whole": whole} if whole else ""


def _spread(title: str, found: Spread) -> Figure:
    slowest = _("95 %% within %(time)s") % {"time": length(found.slowest)} if found.of else ""
    return Figure(title, length(found.median), note=slowest)


def _plots(found: Trends) -> list[Plot]:
    return [
        Plot(
            _chart(_("Builds"), found, lambda slot: slot.builds, lambda slot: slot.by_status.get(State.FAILED, 0)),
            (_("all"), _("completed"), _("failed"), _("cancelled"), _("not ended")),
            _rows(found, _statuses),
        ),
        Plot(
            _chart(_("Completed"), found, lambda slot: slot.by_status.get(State.COMPLETED, 0)),
            (_("completed"), _("verified"), _("share")),
            _rows(found, _proved),
        ),
        Plot(
            _chart(_("Spent"), found, lambda slot: slot.cost_usd, shown=money),
            (_("spent"),),
            _rows(found, lambda slot: [money(slot.cost_usd)] if slot.cost_usd else []),
        ),
    ]


def _chart(
    title: str,
    found: Trends,
    amount: Callable[[Slot], Amount],
    part: Callable[[Slot], Amount] = lambda _slot: 0,
    shown: Callable[..., str] = str,
) -> Chart:
    columns = [Column(found.day_of(slot), amount(slot), part(slot), _part_words(part(slot))) for slot in found.slots]
    return chart(title, columns, shown)


def _part_words(failed: Amount) -> str:
    return ngettext("%(count)d failed", "%(count)d failed", int(failed)) % {"count": failed}


def _rows(found: Trends, cells: Callable[[Slot], Sequence[str]]) -> list[tuple[str, Sequence[str]]]:
    return [(when(found.day_of(slot)), cells(slot)) for slot in reversed(found.slots) if cells(slot)]


def _statuses(slot: Slot) -> list[str]:
    ended = [slot.by_status.get(state, 0) for state in (State.COMPLETED, State.FAILED, State.CANCELLED)]
    return [str(n) for n in (slot.builds, *ended, slot.builds - sum(ended))] if slot.builds else []


def _proved(slot: Slot) -> list[str]:
    completed = slot.by_status.get(State.COMPLETED, 0)
    return [str(completed), str(slot.verified), percent(slot.verified, completed)] if completed else []
