"""What calls cost."""

from datetime import date
from decimal import Decimal

import pytest

from builds.agent.llm.prices import cost_usd, price_table

DAY = date(2026, 1, 1)


def test_input_and_output_have_prices_of_their_own() -> None:
    assert cost_usd("openai:gpt-4o-mini", 1_000_000, 0, DAY) == Decimal("0.15")
    assert cost_usd("openai:gpt-4o-mini", 0, 1_000_000, DAY) == Decimal("0.60")


def test_a_cost_has_six_decimals() -> None:
    cost = cost_usd("openai:gpt-4o-mini", 7, 3, DAY)
    assert str(cost) == "0.000003"


def test_the_price_of_the_day_counts() -> None:
    assert cost_usd("openai:o3", 1_000_000, 0, date(2025, 5, 1)) == Decimal(10)
    assert cost_usd("openai:o3", 1_000_000, 0, date(2025, 7, 1)) == Decimal(2)
    assert cost_usd("openai:o3", 1_000_000, 0, date(2020, 1, 1)) is None


@pytest.mark.parametrize("model", ["ollama:qwen2.5-coder:7b", "cookbook:recipes"])
def test_local_models_are_free(model: str) -> None:
    assert cost_usd(model, 10**9, 10**9, DAY) == Decimal("0.000000")


@pytest.mark.parametrize("model", ["openai:gpt-4o-mini-audio-preview", "openai:my-own", "anthropic:new", "x:y", ""])
def test_a_model_without_a_row_has_no_price(model: str) -> None:
    assert cost_usd(model, 1, 1, DAY) is None


def test_list_prices_say_nothing_of_another_server() -> None:
    assert cost_usd("openai:gpt-4o-mini", 1, 1, DAY, is_custom_server=True) is None


def test_a_dated_name_has_the_price_of_its_family() -> None:
    assert cost_usd("anthropic:claude-sonnet-4-5-20250929", 1_000_000, 0, DAY) == Decimal(3)


def test_every_row_of_the_table_costs_something_and_output_costs_more() -> None:
    assert all(0 < row.input < row.output and row.models for row in price_table())
