"""What a model call costs: by the operator's prices, else by the list that is shipped."""

import time
from datetime import date
from decimal import ROUND_UP, Decimal

from django.conf import settings
from django.utils import timezone

from builds.agent.llm import prices
from builds.agent.llm.prices import Price
from builds.models.price import ModelPrice

REMEMBERED_SECONDS = 60.0
"""A changed price is known to every process after so long at most."""
_remembered: tuple[float, tuple[Price, ...]] | None = None


def price_usd(model: str, tokens_input: int, tokens_output: int) -> Decimal | None:
    """Return what a call costs today; None when nobody can say."""
    today = timezone.now().date()
    row = _own_price(model, today)
    if row is not None:
        return prices.cost_of(row, tokens_input, tokens_output)
    is_custom = model.startswith("openai:") and bool(settings.OPENAI_BASE_URL)
    return prices.cost_usd(model, tokens_input, tokens_output, today, is_custom_server=is_custom)


def price_of_speech_usd(seconds: float) -> Decimal | None:
    """Return what listening for so long costs; None when the operator has not said what a minute costs."""
    a_minute: Decimal | None = settings.TRANSCRIPTION_USD_PER_MINUTE
    if a_minute is None:
        return None
    return (Decimal(str(seconds)) / 60 * a_minute).quantize(prices.MICRO, rounding=ROUND_UP)


def forget() -> None:
    """Let this process read the operator's prices anew."""
    global _remembered  # noqa: PLW0603  one memory for the process
    _remembered = None


def _own_price(model: str, on: date) -> Price | None:
    provider, _, name = model.partition(":")
    fitting = [row for row in _own_prices() if row.is_for(provider, name, on)]
    return max(fitting, key=lambda row: (row.models[0] == name, len(row.models[0]), row.since), default=None)


def _own_prices() -> tuple[Price, ...]:
    global _remembered  # noqa: PLW0603  one memory for the process
    known = _remembered
    if known is None or time.monotonic() - known[0] > REMEMBERED_SECONDS:
        rows = ModelPrice.objects.all()
        known = (
            time.monotonic(),
            tuple(Price(row.provider, (row.pattern,), row.since, row.input_usd, row.output_usd) for row in rows),
        )
        _remembered = known
    return known[1]
