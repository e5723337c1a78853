"""The commands that answer with numbers: what was used, and how the builds went."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from builds.offered import language_name
from builds.pages.durations import money
from builds.pages.statistics import figures
from builds.usage.monthly import Amounts, usage_of
from builds.usage.statistics import statistics_of
from telegram_link.splitting import escaped
from telegram_link.turn import Turn

_BARS = "▁▂▃▄▅▆▇█"
_RANGE = "12-weeks"


def usage(turn: Turn, _rest: str) -> None:
    """Say what was used, and what is left."""
    used = usage_of(turn.account)
    rows = [f"{_('Today')}: {_amounts(used.today)}", f"{_('This month')}: {_amounts(used.month)}"]
    if used.budget_usd is not None:
        left = max(used.budget_usd - used.committed_usd, Decimal(0))
        rows.append(_("Left this month: %(left)s") % {"left": money(left)})
    stored = {"used": number_format(used.storage_used_mb, 1), "most": used.storage_quota_mb}
    rows.append(_("Storage: %(used)s of %(most)d MB") % stored)
    turn.reply("\n".join(escaped(row) for row in rows))


def _amounts(used: Amounts) -> str:
    builds = ngettext("%(count)d build", "%(count)d builds", used.builds) % {"count": used.builds}
    return f"{builds}, {money(used.cost_usd)}"


def stats(turn: Turn, _rest: str) -> None:
    """Say how the builds of the last weeks went."""
    found = statistics_of(turn.account, _RANGE)
    rows = [f"{each.title}: {each.words}" + (f" ({each.more})" if each.more else "") for each in figures(found)]
    spoken = ", ".join(f"{language_name(name)} {builds}" for name, builds in found.languages)
    rows += [_("Languages: %(names)s") % {"names": spoken}] if spoken else []
    drawn = bars([period.builds for period in found.periods])
    rows += [_("Builds by week: %(bars)s") % {"bars": drawn}] if drawn else []
    title = _("The last 12 weeks. What was deleted is not counted.")
    turn.reply("\n".join(escaped(row) for row in (title, *rows)))


def bars(amounts: Sequence[int]) -> str:
    """Draw amounts as a row of characters; empty when there are none."""
    most = max(amounts, default=0)
    return "".join(_BARS[-(-amount * (len(_BARS) - 1) // most)] for amount in amounts) if most else ""
