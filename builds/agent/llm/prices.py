"""What a model call costs, from the table in ``prices.toml``."""

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

PRICE_FILE = Path(__file__).with_name("prices.toml")
FREE_PROVIDERS = {"ollama", "cookbook"}
MICRO = Decimal("0.000001")
_MILLION = Decimal(1_000_000)


@dataclass(frozen=True)
class Price:
    """One row of the table; amounts are US dollars per million tokens."""

    provider: str
    models: tuple[str, ...]
    since: date
    input: Decimal
    output: Decimal

    def is_for(self, provider: str, name: str, on: date) -> bool:
        """Say whether the row holds for a model on a day."""
        if provider != self.provider or on < self.since:
            return False
        return any(fnmatchcase(name, pattern) for pattern in self.models)


def cost_usd(
    model: str, tokens_input: int, tokens_output: int, on: date, *, is_custom_server: bool = False
) -> Decimal | None:
    """Return a call's cost in US dollars, to six decimals; None where the price is unknown, which is not free.

    :param model: ``provider:name``.
    :param is_custom_server: the call went to a server of the operator's choice, so list prices say nothing.
    """
    provider, _, name = model.partition(":")
    if provider in FREE_PROVIDERS:
        return Decimal(0).quantize(MICRO)
    rows = [row for row in price_table() if row.is_for(provider, name, on)]
    if is_custom_server or not rows:
        return None
    return cost_of(max(rows, key=lambda row: row.since), tokens_input, tokens_output)


def cost_of(price: Price, tokens_input: int, tokens_output: int) -> Decimal:
    """Return a call's cost by one row, in US dollars, to six decimals."""
    cost = (price.input * tokens_input + price.output * tokens_output) / _MILLION
    return cost.quantize(MICRO, rounding=ROUND_HALF_UP)


@lru_cache(maxsize=4)
def price_table(path: Path = PRICE_FILE) -> tuple[Price, ...]:
    """Read a table of prices, once per file."""
    rows: list[dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))["price"]
    return tuple(
        Price(row["provider"], tuple(row["models"]), row["since"], Decimal(row["input"]), Decimal(row["output"]))
        for row in rows
    )
