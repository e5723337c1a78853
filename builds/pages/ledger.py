"""The ledger's page: pictures by day, and a table for each way of looking at it, with links that narrow."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from builds.models.usage import Scope
from builds.pages.charts import Amount, Chart, Column, Shown, chart
from builds.pages.durations import money
from builds.usage.ledger import Day, Ledger, Wanted, ledger_of
from builds.usage.summing import Spent


@dataclass(frozen=True)
class Row:
    """One line of a ranking."""

    words: str
    query: str
    """Of the same page, narrowed to this; empty where that can't be done."""
    part: float
    """Of all cost, or of all tokens where nothing has cost anything; from 0 to 100."""
    used: Spent


@dataclass(frozen=True)
class Ranking:
    """One way of looking at the same calls."""

    title: str
    heading: str
    rows: Sequence[Row]


@dataclass(frozen=True)
class Narrowing:
    """Something to which the page is narrowed."""

    words: str
    query: str
    """Of the same page without it."""


@dataclass(frozen=True)
class LedgerPage:
    """Everything the template lays out."""

    ledger: Ledger
    charts: Sequence[Chart]
    days: Sequence[Day]
    """Newest first, without those on which nothing happened."""
    rankings: Sequence[Ranking]
    narrowings: Sequence[Narrowing]
    query: str


def ledger_page(user: User, which: Wanted) -> LedgerPage:
    """Lay out where somebody's money went."""
    ledger = ledger_of(user, which)
    return LedgerPage(
        ledger,
        charts=_charts(ledger),
        days=[day for day in reversed(ledger.days) if day.calls],
        rankings=_rankings(ledger),
        narrowings=_narrowings(ledger),
        query=query_of(which),
    )


def query_of(which: Wanted) -> str:
    """Return what an address asks for when it asks for these calls."""
    return urlencode({name: value for name, value in asdict(which).items() if value})


def _charts(ledger: Ledger) -> list[Chart]:
    return [
        _chart(_("Cost"), ledger.days, "cost_usd", money),
        _chart(_("Model calls"), ledger.days, "calls", str),
        _chart(_("Tokens out"), ledger.days, "tokens_output", str),
    ]


def _chart(title: str, days: Sequence[Day], name: str, shown: Shown) -> Chart:
    return chart(title, [_column(day, name, shown) for day in days], shown)


def _column(day: Day, name: str, shown: Shown) -> Column:
    amount: Amount = getattr(day, name)
    part: Amount = getattr(day.proactive, name)
    return Column(day.day, amount, part, _("(of it by the agent itself: %(amount)s)") % {"amount": shown(part)})


def _rankings(ledger: Ledger) -> list[Ranking]:
    titles: dict[str, tuple[str, str]] = {
        "scopes": (_("By scope"), _("Scope")),
        "providers": (_("By provider"), _("Provider")),
        "models": (_("By model"), _("Model")),
        "conversations": (_("The dearest conversations"), _("Conversation")),
    }
    return [Ranking(*words, rows=_rows(ledger, getattr(ledger, name))) for name, words in titles.items()]


def _rows(ledger: Ledger, parts: Iterable[Spent]) -> list[Row]:
    return [Row(*_named(ledger, part), part=_part(part, ledger.total), used=part) for part in parts]


def _named(ledger: Ledger, part: Any) -> tuple[str, str]:
    """Return how a part is called, and the query that narrows the page to it."""
    names = [name for name in ("scope", "provider", "model") if hasattr(part, name)]
    if names:
        given = {name: getattr(part, name) for name in names}
        words = _scope(given["scope"]) if "scope" in given else ":".join(given.values())
    elif part.conversation_id:
        given, words = {"conversation": part.conversation_id}, part.title or _("without a title")
    else:
        return _("in no conversation"), ""
    return words, query_of(replace(ledger.wanted, **given))


def _narrowings(ledger: Ledger) -> list[Narrowing]:
    which = ledger.wanted
    titles = {part.conversation_id: part.title for part in ledger.conversations}
    words = {
        "scope": _scope(which.scope),
        "provider": which.provider,
        "model": which.model,
        "conversation": titles.get(which.conversation) or _("one conversation"),
    }
    given = [name for name in words if getattr(which, name)]
    return [Narrowing(words[name], _query_without(which, name)) for name in given]


def _query_without(which: Wanted, name: str) -> str:
    nothing: dict[str, Any] = {name: None}
    return query_of(replace(which, **nothing))


def _scope(value: str) -> str:
    return str(Scope(value).label) if value else ""


def _part(used: Spent, total: Spent) -> float:
    if total.cost_usd:
        return float(round(100 * used.cost_usd / total.cost_usd, 1))
    tokens = total.tokens_input + total.tokens_output
    return float(round(Decimal(100 * (used.tokens_input + used.tokens_output)) / tokens, 1)) if tokens else 0.0
