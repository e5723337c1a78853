"""Where somebody's money went: by day, scope, provider, model and conversation, on the page, over the API, as CSV."""

import csv
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.usage import TokenUsage
from builds.usage import ledger, spreadsheet
from memory.models.conversation import Conversation
from tests import factories
from tests.talking.conversing import opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
LEDGER, CALLS, FILE = "/api/v1/usage/ledger/", "/api/v1/usage/calls/", "/api/v1/usage/calls/export/"
PAGE, DOWNLOAD = "/usage/ledger/", "/usage/ledger/export/"


def called(user: User, model: str = "openai:small", cost: str = "0.10", days_ago: int = 0, **more: Any) -> TokenUsage:
    provider, _colon, name = model.partition(":")
    call = TokenUsage.objects.create(
        user=user,
        provider=provider,
        model=name,
        tokens_input=10,
        tokens_output=5,
        tokens_total=15,
        cost_usd=Decimal(cost),
        call_key=f"{user.pk}:{TokenUsage.objects.count()}",
        **more,
    )
    TokenUsage.objects.filter(pk=call.pk).update(created_at=timezone.now() - timedelta(days=days_ago))
    return call


def signed_in(user: User) -> APIClient:
    browser = APIClient()
    browser.force_login(user)
    return browser


def read(answer: Any) -> list[dict[str, str]]:
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(text)))


@pytest.fixture
def conversation(owner: User) -> Conversation:
    """Talk once and build once in a conversation, and once elsewhere."""
    conversation, build = opened(owner), factories.submitted(owner)
    Conversation.objects.filter(pk=conversation.pk).update(title="Roman numerals")
    Build.objects.filter(id=build.id).update(conversation=conversation)
    called(owner, "openai:small", "0.10", job=said(conversation, "Hello"))
    called(owner, "openai:large", "0.50", build=build)
    called(owner, "mistral:other", "0.30", days_ago=1, scope="proactive")
    return conversation


def test_the_ledger_is_shown_by_scope_provider_model_and_conversation(conversation: Conversation, owner: User) -> None:
    told = signed_in(owner).get(LEDGER).json()
    assert [(row["scope"], row["calls"], row["cost_usd"]) for row in told["scopes"]] == [
        ("reactive", 2, "0.600000"),
        ("proactive", 1, "0.300000"),
    ]
    assert [(row["provider"], row["cost_usd"]) for row in told["providers"]] == [
        ("openai", "0.600000"),
        ("mistral", "0.300000"),
    ]
    assert [row["model"] for row in told["models"]] == ["large", "other", "small"]
    assert [(row["conversation_id"], row["title"], row["calls"]) for row in told["conversations"]] == [
        (str(conversation.pk), "Roman numerals", 2),
        (None, "", 1),
    ]
    assert (told["total"]["calls"], told["total"]["tokens_input"], told["total"]["cost_usd"]) == (3, 30, "0.900000")


def test_the_last_seven_days_are_shown_unless_others_are_asked_for(conversation: Conversation, owner: User) -> None:
    called(owner, days_ago=6)
    called(owner, days_ago=7)
    days = signed_in(owner).get(LEDGER).json()["days"]
    today = timezone.now().astimezone(UTC).date()
    assert [day["day"] for day in days] == [str(today - timedelta(days=back)) for back in range(6, -1, -1)]
    assert [day["calls"] for day in days] == [1, 0, 0, 0, 0, 1, 2]
    assert [day["proactive"]["calls"] for day in days] == [0, 0, 0, 0, 0, 1, 0]
    longer = signed_in(owner).get(LEDGER, {"since": str(today - timedelta(days=7))}).json()
    assert longer["total"]["calls"] == 5


def test_a_day_begins_at_midnight_utc(owner: User) -> None:
    for hour, minute in ((0, 0), (23, 59)):
        call = called(owner)
        TokenUsage.objects.filter(pk=call.pk).update(created_at=datetime(2026, 3, 2, hour, minute, tzinfo=UTC))
    of_days = signed_in(owner).get(LEDGER, {"since": "2026-03-01", "until": "2026-03-03"}).json()
    assert [day["calls"] for day in of_days["days"]] == [0, 2, 0]


@pytest.mark.parametrize(
    ("query", "models"),
    [
        ({"scope": "proactive"}, ["other"]),
        ({"provider": "openai"}, ["small", "large"]),
        ({"provider": "openai", "model": "large"}, ["large"]),
        ({"conversation": "its"}, ["small", "large"]),
    ],
)
def test_all_doors_narrow_alike(
    query: dict[str, str], models: list[str], conversation: Conversation, owner: User
) -> None:
    asked = {name: str(conversation.pk) if value == "its" else value for name, value in query.items()}
    browser = signed_in(owner)
    assert sorted(row["model"] for row in browser.get(LEDGER, asked).json()["models"]) == sorted(models)
    assert [row["model"] for row in reversed(browser.get(CALLS, asked).json()["results"])] == models
    assert [row["model"] for row in read(browser.get(FILE, asked))] == models
    assert [row["model"] for row in read(browser.get(DOWNLOAD, asked))] == models
    page = browser.get(PAGE, asked).content.decode()
    for name in ("openai:small", "openai:large", "mistral:other"):
        assert (name in page) == (name.partition(":")[2] in models), name


def test_nobody_sees_what_others_spent(conversation: Conversation, stranger: User, operator: User) -> None:
    for other in (stranger, operator):
        browser = signed_in(other)
        for asked in ({}, {"conversation": str(conversation.pk)}):
            assert browser.get(LEDGER, asked).json()["total"]["calls"] == 0
            assert browser.get(CALLS, asked).json()["results"] == []
            assert read(browser.get(FILE, asked)) == []
            assert "Roman numerals" not in browser.get(PAGE, asked).content.decode()


def test_calls_are_paged_newest_first(owner: User) -> None:
    made = [called(owner).pk for _ in range(3)]
    first = signed_in(owner).get(CALLS, {"page_size": 2}).json()
    second = signed_in(owner).get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == made[::-1]


def test_a_spreadsheet_is_given_no_formula(owner: User) -> None:
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "\tx", "plain", "＝1"]
    for name in names:
        called(owner, f"openai:{name}")
    rows = read(signed_in(owner).get(FILE))
    assert [row["model"] for row in rows] == [name if name == "plain" else f"'{name}" for name in names]


def test_a_file_says_whose_calls_and_how_sure_they_are(conversation: Conversation, owner: User) -> None:
    called(owner, "x:unheard-of", "0", has_price=False, is_estimated=True)
    answer = signed_in(owner).get(DOWNLOAD)
    assert answer.headers["content-type"].startswith("text/csv")
    assert answer.headers["content-disposition"].startswith('attachment; filename="model-calls-')
    rows = read(answer)
    assert [row["conversation_title"] for row in rows] == ["Roman numerals", "Roman numerals", "", ""]
    assert (rows[1]["project_name"], rows[1]["cost_usd"]) == ("Roman numerals", "0.500000")
    assert (rows[3]["has_price"], rows[3]["is_estimated"]) == ("False", "True")


def test_too_many_calls_for_one_file_are_refused_with_what_to_do(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "MAX_ROWS", 2)
    for _ in range(3):
        called(owner)
    refused = signed_in(owner).get(FILE)
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["since"])
    page = signed_in(owner).get(DOWNLOAD)
    assert (page.status_code, "Ask for fewer days." in page.content.decode()) == (400, True)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "2026-02-30"}, "since"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "since"),
        ({"since": "2024-01-01", "until": "2026-01-01"}, "since"),
        ({"since": "0001-01-01"}, "since"),
        ({"until": "0001-01-01"}, "until"),
        ({"since": "9999-12-31"}, "since"),
        ({"scope": "other"}, "scope"),
        ({"conversation": "none"}, "conversation"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(query: dict[str, str], field: str, owner: User) -> None:
    called(owner)
    for door in (LEDGER, CALLS, FILE):
        refused = signed_in(owner).get(door, query)
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field]), door
    for door in (PAGE, DOWNLOAD):
        page = signed_in(owner).get(door, query)
        assert (page.status_code, "cannot be used" in page.content.decode()) == (400, True), door


def test_the_ends_of_the_calendar_break_nothing(owner: User) -> None:
    ends = ({"until": "9999-12-31", "since": "9999-12-01"}, {"since": "0001-01-01", "until": "0001-01-02"})
    for door in (LEDGER, CALLS, FILE, PAGE, DOWNLOAD):
        for asked in ends:
            assert signed_in(owner).get(door, asked).status_code == 200, (door, asked)


def test_the_page_says_what_a_chart_shows_and_what_has_no_price(conversation: Conversation, owner: User) -> None:
    called(owner, "x:<b>bold</b>", "0", has_price=False)
    page = signed_in(owner).get(PAGE).content.decode()
    assert "1 of these calls has no known price" in page
    assert "of it by the agent itself: $0.30" in page
    assert "<b>bold</b>" not in page
    assert "Download as CSV" in page


def test_the_number_of_queries_does_not_grow(
    owner: User, conversation: Conversation, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        called(owner, f"openai:model {number}", job=said(opened(owner), "Hello"), days_ago=number)
    with django_assert_max_num_queries(4):
        ledger.ledger_of(owner, ledger.wanted())
