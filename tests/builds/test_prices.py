"""The operator's own prices: they come first, also where the shipped list says nothing, and unknown is not free."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.agent.values import ModelReply
from builds.models.price import ModelPrice
from builds.models.usage import TokenUsage
from builds.runs import budget, ledger, pricing
from builds.runs.payer import Payer
from tests import factories
from tests.flows.spending import BOUND

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
MILLION = 1_000_000
ADD = "/admin/builds/modelprice/add/"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    pricing.forget()
    yield
    pricing.forget()


def priced(pattern: str, amount: str, *, provider: str = "openai", since: str = "2026-01-01") -> ModelPrice:
    pricing.forget()
    amounts = {"input_usd": Decimal(amount), "output_usd": Decimal(amount)}
    return ModelPrice.objects.create(provider=provider, pattern=pattern, since=since, **amounts)


def cost(model: str) -> Decimal | None:
    return pricing.price_usd(model, MILLION, 0)


def test_an_own_price_comes_before_the_shipped_one() -> None:
    assert cost("openai:gpt-4o") == Decimal("2.5")
    priced("gpt-4o", "7")
    assert cost("openai:gpt-4o") == Decimal(7)
    assert cost("openai:gpt-4o-mini") == Decimal("0.15")


def test_an_own_price_holds_for_a_custom_server(settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    assert cost("openai:qwen-72b") is None
    priced("qwen-*", "0.4")
    assert cost("openai:qwen-72b") == Decimal("0.4")
    assert cost("openai:gpt-4o") is None


def test_a_local_model_can_be_given_a_price() -> None:
    assert cost("ollama:coder") == 0
    priced("*", "0.01", provider="ollama")
    assert cost("ollama:coder") == Decimal("0.01")


def test_the_nearest_pattern_counts_and_of_its_rows_the_latest_that_has_begun() -> None:
    priced("*", "1")
    priced("gpt-*", "2")
    priced("gpt-x", "3", since="2026-01-01")
    priced("gpt-x", "4", since="2026-02-01")
    priced("gpt-x", "5", since="9999-01-01")
    assert [cost(f"openai:{name}") for name in ("gpt-x", "gpt-y", "other")] == [4, 2, 1]


def test_a_budget_no_longer_ends_a_build_for_want_of_a_price(owner: User, settings: Any) -> None:
    settings.OPENAI_BASE_URL = "http://127.0.0.1:9/v1"
    build = factories.submitted(owner, budget_usd=Decimal(1))
    priced(BOUND.model.partition(":")[2], "1")
    with transaction.atomic():
        assert budget.reserve(Payer(build.id), "one", BOUND)


def test_many_calls_need_one_query_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    with CaptureQueriesContext(connection) as queries:
        for _ in range(5):
            cost("openai:gpt-4o")
    assert len(queries) == 1
    ModelPrice.objects.create(provider="openai", pattern="gpt-4o", since="2026-01-01", input_usd=9, output_usd=9)
    assert cost("openai:gpt-4o") == Decimal("2.5")
    monkeypatch.setattr(pricing, "REMEMBERED_SECONDS", -1.0)
    assert cost("openai:gpt-4o") == 9


@pytest.mark.parametrize(
    "wrong",
    [{"input_usd": -1}, {"output_usd": -1}, {"pattern": ""}, {"provider": "nobody"}],
    ids=str,
)
def test_the_database_refuses_what_is_no_price(wrong: dict[str, Any]) -> None:
    right = {"provider": "openai", "pattern": "x", "since": "2026-01-01", "input_usd": 1, "output_usd": 1}
    with pytest.raises(IntegrityError):
        ModelPrice.objects.create(**right | wrong)


def test_changes_in_the_console_are_audited_and_count_at_once(client: Client, operator: User) -> None:
    client.force_login(operator)
    form = {"provider": "openai", "pattern": "mine", "since": "2026-01-01", "input_usd": "3", "output_usd": "6"}
    assert cost("openai:mine") is None
    client.post(ADD, form)
    assert cost("openai:mine") == 3
    price = ModelPrice.objects.get()
    client.post(f"/admin/builds/modelprice/{price.pk}/change/", form | {"input_usd": "4"})
    assert cost("openai:mine") == 4
    client.post(f"/admin/builds/modelprice/{price.pk}/delete/", {"post": "yes"})
    assert cost("openai:mine") is None
    entries = AuditLog.objects.filter(action__startswith="price.").order_by("id")
    assert [entry.action for entry in entries] == ["price.added", "price.changed", "price.deleted"]
    assert (entries[1].details["before"]["input_usd"], entries[1].details["input_usd"]) == ("3.000000", "4")


def test_the_console_refuses_the_same_day_twice_and_deletes_many(client: Client, operator: User) -> None:
    client.force_login(operator)
    form = {"provider": "openai", "pattern": "mine", "since": "2026-01-01", "input_usd": "3", "output_usd": "6"}
    for _ in range(2):
        answer = client.post(ADD, form)
    assert "already exists" in answer.content.decode()
    ids = [str(each.pk) for each in (ModelPrice.objects.get(), priced("other", "1"))]
    chosen = {"action": "delete_selected", "_selected_action": ids, "post": "yes"}
    client.post("/admin/builds/modelprice/", chosen)
    assert ModelPrice.objects.count() == 0
    assert AuditLog.objects.filter(action="price.deleted").count() == 2


def test_calls_without_a_price_are_counted_on_the_page_and_in_the_api(client: Client, owner: User) -> None:
    build = factories.submitted(owner)
    for number, model in enumerate(("nobody-knows", "nobody-knows", "gpt-4o")):
        reply = ModelReply(text="yes", model=f"openai:{model}", tokens_input=10, tokens_output=1)
        ledger.charge(Payer(build.id), f"call {number}", "plan", reply)
    assert TokenUsage.objects.filter(has_price=False).count() == 2
    client.force_login(owner)
    told = client.get("/api/v1/usage/").json()
    assert told["unpriced_calls"] == 2
    assert {row["model"]: row["unpriced_calls"] for row in told["models"]} == {"nobody-knows": 2, "gpt-4o": 0}
    page = client.get("/usage/").content.decode()
    assert "2 model calls of this month have no known price" in page
    assert "2 calls without a known price" in page
