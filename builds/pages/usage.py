"""The usage page: what is left, a picture for each quantity, and the same as tables."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from builds.pages.charts import Amount, Chart, Column, Shown, chart
from builds.pages.durations import money
from builds.usage.monthly import Amounts, Day, Usage, usage_of


@dataclass(frozen=True)
class Meter:
    """How much of a limit is used."""

    title: str
    words: str
    used: float
    limit: float

    @property
    def is_short(self) -> bool:
        """Say whether less than a fifth is left."""
        return bool(self.limit) and self.used > self.limit * 0.8


@dataclass(frozen=True)
class UsagePage:
    """Everything the template lays out."""

    usage: Usage
    meters: Sequence[Meter]
    charts: Sequence[Chart]
    days: Sequence[Day]
    """Newest first, without those on which nothing happened."""


def usage_page(user: User) -> UsagePage:
    """Lay out what somebody used."""
    usage = usage_of(user)
    return UsagePage(
        usage=usage,
        meters=_meters(usage),
        charts=[
            _chart(_("API calls"), usage.days, lambda used: used.api_calls, str),
            _chart(_("Builds"), usage.days, lambda used: used.builds, str),
            _chart(_("Cost"), usage.days, lambda used: used.cost_usd, money),
        ],
        days=[day for day in reversed(usage.days) if day.used != Amounts()],
    )


def _meters(usage: Usage) -> list[Meter]:
    calls, limit = usage.today.api_calls, usage.api_calls_limit
    made = Meter(_("API calls today"), _("%(used)d of %(limit)d") % {"used": calls, "limit": limit}, calls, limit)
    return [made, _spent(usage), _stored(usage)]


def _spent(usage: Usage) -> Meter:
    spent, budget = usage.committed_usd, usage.budget_usd
    if budget is None:
        return Meter(_("Spent this month"), _("%(used)s, no limit") % {"used": money(spent)}, 0, 0)
    words = _("%(used)s of %(limit)s") % {"used": money(spent), "limit": money(budget)}
    return Meter(_("Spent this month"), words, float(spent), float(budget))


def _stored(usage: Usage) -> Meter:
    used, limit = usage.storage_used_mb, usage.storage_quota_mb
    words = _("%(used)s of %(limit)d MB") % {"used": number_format(used, 1), "limit": limit}
    return Meter(_("Storage"), words, used, limit)


def _chart(title: str, days: Sequence[Day], amount: Callable[[Amounts], Amount], shown: Shown) -> Chart:
    return chart(title, [Column(day.day, amount(day.used)) for day in days], shown)
