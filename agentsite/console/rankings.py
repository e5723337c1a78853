"""Who and what comes first in a period: failures, models, money, people."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from agentsite.console.showing import length, listed, percent
from builds import failures
from builds.pages.durations import money
from builds.states import State
from builds.trends import ModelPart, Trends, UserPart


@dataclass(frozen=True)
class Row:
    """One line, with a bar as long as its share of the longest."""

    title: str
    url: str
    cells: Sequence[str]
    share: float
    """In percent."""
    note: str = ""


@dataclass(frozen=True)
class Ranking:
    """A table with a bar in each row."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Row]


def rankings(found: Trends) -> list[Ranking]:
    """Rank what a period brought."""
    return [_failures(found), _models(found), _spenders(found), _users(found)]


def _failures(found: Trends) -> Ranking:
    most = max((count for _code, count in found.failures), default=1)
    rows = [
        Row(
            code or "–",
            listed("builds_build", status__exact=State.FAILED.value, error_code=code, created_at__gte=_since(found)),
            (str(count),),
            100 * count / most,
            _words(code),
        )
        for code, count in found.failures
    ]
    return Ranking(_("Failures by code"), (_("code"), _("builds")), rows)


def _words(code: str) -> str:
    """Return a code's sentence, if it needs no details to be one."""
    words = str(failures.TABLE[code].message) if code in failures.TABLE else ""
    return "" if "%(" in words else words


def _models(found: Trends) -> Ranking:
    most = max((part.latency.median or 0 for part in found.models), default=0) or 1
    rows = [_model(part, most, found) for part in found.models]
    heads = (_("model"), _("calls"), _("median"), _("95 %"), _("spent"))
    return Ranking(_("Models: latency and money"), heads, rows)


def _model(part: ModelPart, most: float, found: Trends) -> Row:
    url = listed("builds_tokenusage", provider=part.provider, model=part.model, created_at__gte=_since(found))
    latency = part.latency
    cells = (str(part.calls), length(latency.median), length(latency.slowest), money(part.cost_usd))
    return Row(f"{part.provider}:{part.model}", url, cells, 100 * (latency.median or 0) / most)


def _spenders(found: Trends) -> Ranking:
    most = max((part.cost_usd for part in found.spenders), default=0) or 1
    rows = [
        Row(
            part.username,
            listed("builds_tokenusage", user__id__exact=part.user_id, created_at__gte=_since(found)),
            (money(part.cost_usd),),
            float(100 * part.cost_usd / most),
        )
        for part in found.spenders
    ]
    return Ranking(_("Spent by user"), (_("user"), _("spent")), rows)


def _users(found: Trends) -> Ranking:
    most = max((part.builds for part in found.users), default=0) or 1
    rows = [_user(part, most, found) for part in found.users]
    return Ranking(_("Builds by user"), (_("user"), _("builds"), _("verified")), rows)


def _user(part: UserPart, most: int, found: Trends) -> Row:
    url = listed("builds_build", user__id__exact=part.user_id, created_at__gte=_since(found))
    cells = (str(part.builds), percent(part.verified, part.builds))
    return Row(part.username, url, cells, 100 * part.builds / most)


def _since(found: Trends) -> str:
    return found.since.isoformat()
