"""Sums over the ledger."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from builds.agent.llm import prices
from builds.models.usage import TokenUsage

_COUNTED = {
    "calls": Count("id"),
    "unpriced_calls": Count("id", filter=Q(has_price=False)),
    "estimated_calls": Count("id", filter=Q(is_estimated=True)),
}
_SUMMED = ("tokens_input", "tokens_output", "cost_usd")


@dataclass(frozen=True, kw_only=True)
class Spent:
    """What some model calls used together."""

    calls: int = 0
    tokens_input: int = 0
    tokens_output: int = 0
    cost_usd: Decimal = Decimal(0)
    unpriced_calls: int = 0
    """Calls whose price is not known; they stand in the cost with nothing."""
    estimated_calls: int = 0
    """Calls whose server told no usage; their tokens come from the text."""

    @property
    def has_price(self) -> bool:
        """Say whether the price of every call is known; otherwise the cost is too low."""
        return not self.unpriced_calls

    @property
    def is_estimated(self) -> bool:
        """Say whether the tokens of some call come from the text."""
        return bool(self.estimated_calls)

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(**{name: amount + getattr(other, name) for name, amount in amounts(self).items()})


_AMOUNTS = tuple(Spent.__dataclass_fields__)


def amounts(spent: Spent) -> dict[str, Any]:
    """Return the amounts by name, without what a subclass knows beside them."""
    return {name: getattr(spent, name) for name in _AMOUNTS}


def grouped(
    calls: QuerySet[TokenUsage], *by: str, most: int | None = None
) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return what calls used by columns or annotations, dearest first: what they have in common, and the amounts."""
    rows = calls.order_by().values(*by).annotate(**_COUNTED, **{f"{name}__sum": Sum(name) for name in _SUMMED})
    ranked = rows.order_by("-cost_usd__sum", "-tokens_output__sum", *by)[:most]
    return [({name: row[name] for name in by}, _amounts_of(row)) for row in ranked]


def money(amount: Decimal) -> Decimal:
    """Return an exact sum; SQLite adds up in floating point."""
    return Decimal(amount).quantize(prices.MICRO)


def _amounts_of(row: dict[str, Any]) -> dict[str, Any]:
    summed = {name: row[f"{name}__sum"] for name in _SUMMED}
    return {name: row[name] for name in _COUNTED} | summed | {"cost_usd": money(summed["cost_usd"])}
