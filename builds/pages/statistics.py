"""The page of statistics: figures, a picture for each, and the same as a table."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from agentsite.accounts.models import User
from builds.offered import language_name
from builds.pages.charts import Amount, Chart, Column, Shown, chart
from builds.pages.durations import money
from builds.usage.statistics import Counts, Period, Statistics, statistics_of

NOTHING = "–"
_NAMES: dict[str, str | Promise] = {
    "30-days": gettext_lazy("30 days"),
    "12-weeks": gettext_lazy("12 weeks"),
    "year": gettext_lazy("a year"),
}


@dataclass(frozen=True)
class Choice:
    """A range that can be looked at."""

    name: str
    words: str
    is_shown: bool


@dataclass(frozen=True)
class Figure:
    """One number with its name, and what it is of."""

    title: str
    words: str
    more: str = ""


@dataclass(frozen=True)
class Row:
    """One line of the table."""

    period: Period
    verified_rate: str
    repairs: str


@dataclass(frozen=True)
class Language:
    """One language's part."""

    name: str
    builds: int
    part: float
    """Of all builds, from 0 to 100."""


@dataclass(frozen=True)
class StatisticsPage:
    """Everything the template lays out."""

    statistics: Statistics
    choices: Sequence[Choice]
    figures: Sequence[Figure]
    charts: Sequence[Chart]
    rows: Sequence[Row]
    """Newest first, without those in which nothing happened."""
    languages: Sequence[Language]


def statistics_page(user: User, name: str) -> StatisticsPage:
    """Lay out how somebody's builds went."""
    found = statistics_of(user, name)
    happened = [period for period in reversed(found.periods) if period.builds or period.cost_usd]
    return StatisticsPage(
        found,
        choices=[Choice(each, str(words), each == name) for each, words in _NAMES.items()],
        figures=figures(found),
        charts=_charts(found),
        rows=[Row(each, percent(each.verified_rate), number(each.repairs_per_build)) for each in happened],
        languages=[
            Language(language_name(language), builds, round(100 * builds / found.total.builds, 1))
            for language, builds in found.languages
        ],
    )


def figures(found: Statistics) -> list[Figure]:
    """Return the numbers that stand at the top."""
    total, streaks = found.total, found.streaks
    ended = ngettext("of %(count)d that ended", "of %(count)d that ended", total.ended) % {"count": total.ended}
    return [
        Figure(_("Builds"), number_format(total.builds)),
        Figure(_("Verified"), percent(total.verified_rate), ended),
        Figure(_("Verified at the first try"), percent(total.first_try_rate), ended),
        Figure(_("Repairs per build"), number(total.repairs_per_build)),
        Figure(_("Cost"), money(total.cost_usd)),
        Figure(
            _("Days in a row with a verified build"),
            number_format(streaks.current),
            _("the longest row: %(count)s") % {"count": number_format(streaks.longest)},
        ),
    ]


def percent(rate: float | None) -> str:
    """Return a rate in percent; a dash for none."""
    return NOTHING if rate is None else _("%(number)s%%") % {"number": number_format(round(100 * rate))}


def number(amount: float | None) -> str:
    """Return a mean; a dash for none."""
    return NOTHING if amount is None else number_format(amount, 1)


def _charts(found: Statistics) -> list[Chart]:
    total = found.total
    return [
        _chart(found, _("Builds"), [_with_verified(each) for each in found.periods], str),
        _chart(
            found, _("Verified"), _columns(found, _rate), lambda rate: percent(rate / 100), percent(total.verified_rate)
        ),
        _chart(found, _("Repairs"), _columns(found, lambda each: each.repairs), str),
        _chart(found, _("Cost"), _columns(found, lambda each: each.cost_usd), money),
    ]


def _chart(found: Statistics, title: str, columns: Sequence[Column], shown: Shown, total: str = "") -> Chart:
    drawn = replace(chart(title, columns, shown), is_weekly=found.unit == "week")
    return replace(drawn, total=total) if total else drawn


def _with_verified(each: Period) -> Column:
    words = _("(%(count)d of them verified)") % {"count": each.verified}
    return Column(each.begins_on, each.builds, each.verified, words)


def _columns(found: Statistics, amount: Callable[[Period], Amount]) -> list[Column]:
    return [Column(each.begins_on, amount(each)) for each in found.periods]


def _rate(counts: Counts) -> int:
    return round(100 * (counts.verified_rate or 0))
