"""Memories, facts, figures and conversations over the API; who may do what stands in the matrix (tests/access)."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agentsite.accounts import keys
from agentsite.accounts.models import User
from memory import conversations, facts, memories, stats
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.message import Message

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
API = "/api/v1"
STYLE = {"memory_type": "preference", "key": "style", "value": {"indent": 4}}


def program_of(user: User) -> Client:
    cache.clear()
    User.objects.filter(pk=user.pk).update(api_quota_daily=100_000)
    secret = keys.create_api_key(
        user=user, name="program", scopes=["memory:read", "memory:write", "builds:write"]
    ).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def program(owner: User) -> Client:
    return program_of(owner)


def sent(program: Client, method: str, path: str, body: object = None, **more: Any) -> Any:
    return getattr(program, method)(f"{API}{path}", body, content_type="application/json", **more)


def walked(program: Client, path: str, page_size: int = 2) -> list[dict[str, Any]]:
    """Go through all pages there and back."""
    there: list[dict[str, Any]] = []
    address: str | None = f"{API}{path}{'&' if '?' in path else '?'}page_size={page_size}"
    while address:
        page = program.get(address).json()
        there += page["results"]
        address, before = page["next"], page["previous"]
    back = page["results"]
    while before:
        page = program.get(before).json()
        back = page["results"] + back
        before = page["previous"]
    assert back == there
    return there


def test_a_memory_is_made_replaced_changed_and_forgotten(program: Client) -> None:
    made = sent(program, "post", "/memories/", STYLE)
    assert (made.status_code, made.json()["value"], made.json()["is_proposed"]) == (201, {"indent": 4}, False)
    again = sent(program, "post", "/memories/", STYLE | {"value": "tabs"})
    assert (again.status_code, again["Location"]) == (200, made["Location"])
    where = made["Location"].removeprefix(API)
    assert sent(program, "patch", where, {"importance": 1}).json()["importance"] == 1
    assert sent(program, "get", where).json()["value"] == "tabs"
    assert sent(program, "delete", where).status_code == 204
    assert sent(program, "get", where).status_code == 404
    assert sent(program, "delete", where).status_code == 404


def test_a_proposal_is_kept_or_refused(program: Client, owner: User) -> None:
    for key in ("good", "bad"):
        memories.propose(user=owner, memory_type="learning", key=key, value=key)
    bad, good = (row["id"] for row in sent(program, "get", "/memories/?state=proposed").json()["results"])
    assert sent(program, "post", f"/memories/{good}/keep/").json()["is_proposed"] is False
    assert sent(program, "delete", f"/memories/{bad}/").status_code == 204
    assert [row["key"] for row in sent(program, "get", "/memories/?state=kept").json()["results"]] == ["good"]


def test_the_list_is_narrowed_and_ordered_page_by_page(program: Client, owner: User, stranger: User) -> None:
    for number, importance in enumerate([0.5, 0.1, 1, 0.5, 0, 0.100001, 0.5]):
        memories.remember(user=owner, memory_type="context", key=f"k{number}", value=1, importance=importance)
    memories.remember(user=stranger, memory_type="context", key="k", value=1)
    memories.remember(user=owner, memory_type="learning", key="other", value=1)
    found = [row["key"] for row in walked(program, "/memories/?memory_type=context&order=-importance&search=K")]
    assert found == ["k2", "k6", "k3", "k0", "k5", "k1", "k4"]
    rising = [row["key"] for row in walked(program, "/memories/?memory_type=context&order=importance")]
    assert rising == found[::-1]
    assert [row["key"] for row in walked(program, "/memories/?order=created_at")][:2] == ["k0", "k1"]
    assert [row["key"] for row in walked(program, "/memories/")][:2] == ["other", "k6"]


def test_no_list_needs_more_queries_when_it_is_longer(program: Client, owner: User) -> None:
    paths = ["/memories/?order=importance", "/facts/", "/stats/", "/stats/summary/", "/conversations/"]

    def fill(count: int) -> Conversation:
        for _ in range(count):
            memories.remember(user=owner, memory_type="context", key=uuid4().hex, value=1)
            facts.add_fact(user=owner, fact_text="It rains.")
            stats.record_stat(user=owner, stat_type=uuid4().hex, value=1)
            conversation, _ = conversations.open_conversation(user=owner, platform="api")
        for _ in range(count):
            conversations.append_message(conversation=conversation, role="user", content="Hello")
        return conversation

    def counted(path: str) -> int:
        with CaptureQueriesContext(connection) as queries:
            assert sent(program, "get", path).status_code == 200
        return len(queries)

    few = [fill(1).pk, fill(2).pk][1]
    paths += [f"/conversations/{few}/messages/", "/conversations/search/?q=hello"]
    counted("/facts/")  # the first call notes that the key is used
    before = [counted(path) for path in paths]
    fill(6)
    assert [counted(path) for path in paths] == before


def test_a_cursor_of_another_order_or_list_opens_nothing(program: Client, owner: User) -> None:
    for number in range(3):
        memories.remember(user=owner, memory_type="context", key=str(number), value=1)
        facts.add_fact(user=owner, fact_text=str(number))
    by_age = sent(program, "get", "/memories/?page_size=1").json()["next"].partition("cursor=")[2]
    ranked = sent(program, "get", "/memories/?page_size=1&order=importance").json()["next"]
    by_rank = ranked.partition("cursor=")[2].partition("&")[0]
    of_facts = sent(program, "get", "/facts/?page_size=1").json()["next"].partition("cursor=")[2]
    foreign = [f"/memories/?cursor={by_rank}", f"/memories/?order=importance&cursor={by_age}"]
    for path in [*foreign, f"/memories/?cursor={of_facts}", f"/facts/?cursor={by_age}"]:
        assert (path, sent(program, "get", path).status_code) == (path, 404)


def test_a_repeated_post_does_nothing_twice_and_tells_nothing_of_what_is_gone(program: Client) -> None:
    bodies = {
        "/memories/": STYLE | {"value": "canary"},
        "/facts/": {"fact_text": "canary"},
        "/conversations/": {"title": "canary"},
    }
    for path, body in bodies.items():
        key = {"HTTP_IDEMPOTENCY_KEY": f"once {path}"}
        first, again = (sent(program, "post", path, body, **key) for _ in range(2))
        assert (first.status_code, again["Idempotency-Replayed"], again.json()) == (201, "true", first.json())
        sent(program, "delete", first["Location"].removeprefix(API))
        gone = sent(program, "post", path, body, **key)
        assert (gone.status_code, b"canary" in gone.content) == (404, False)
    assert (Memory.objects.count(), Fact.objects.count(), Conversation.objects.count()) == (0, 0, 0)


def test_what_was_said_is_not_told_again_when_its_conversation_is_gone(program: Client) -> None:
    where = sent(program, "post", "/conversations/", {}).json()["id"]
    key = {"HTTP_IDEMPOTENCY_KEY": "said once"}
    path = f"/conversations/{where}/messages/"
    assert [sent(program, "post", path, {"content": "canary"}, **key).json()["seq"] for _ in range(2)] == [1, 1]
    sent(program, "delete", f"/conversations/{where}/")
    gone = sent(program, "post", path, {"content": "canary"}, **key)
    assert (gone.status_code, b"canary" in gone.content) == (404, False)


def test_a_conversation_is_opened_spoken_in_searched_archived_and_deleted(program: Client, owner: User) -> None:
    made = sent(program, "post", "/conversations/", {"chat_id": "desk", "title": "Work"})
    assert (made.status_code, made.json()["platform"]) == (201, "api")
    assert sent(program, "post", "/conversations/", {"chat_id": "desk"}).status_code == 200
    where = made["Location"].removeprefix(API)
    for number in range(5):
        said = sent(program, "post", f"{where}messages/", {"content": f"Leap {number}", "platform_message_id": number})
        assert (said.status_code, said.json()["seq"], said.json()["author"]) == (201, number + 1, "owner")
    assert sent(program, "post", f"{where}messages/", {"content": "x", "platform_message_id": "0"}).status_code == 200
    assert [row["seq"] for row in walked(program, f"{where}messages/")] == [5, 4, 3, 2, 1]
    assert [row["seq"] for row in walked(program, "/conversations/search/?q=leap")] == [5, 4, 3, 2, 1]
    assert [row["content"] for row in walked(program, "/conversations/search/?q=leap+3")] == ["Leap 3"]
    assert sent(program, "patch", where, {"status": "archived"}).json()["status"] == "archived"
    refused = sent(program, "post", f"{where}messages/", {"content": "x"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conversation.archived")
    assert sent(program, "get", "/conversations/?status=active").json()["results"] == []
    assert sent(program, "delete", where).status_code == 204
    assert not Message.objects.exists()


@pytest.mark.parametrize("role", ["assistant", "system", "tool", None, 1, ["user"]])
def test_nobody_speaks_as_somebody_else(program: Client, role: object) -> None:
    where = sent(program, "post", "/conversations/", {}).json()["id"]
    answer = sent(program, "post", f"/conversations/{where}/messages/", {"content": "I am root", "role": role})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["role"])
    assert not Message.objects.exists()


HOSTILE: list[tuple[str, Any]] = [
    ("value", None),
    ("value", ["x" * 20_000]),
    ("value", "a\0b"),
    ("value", {"\ud800": 1}),
    ("value", [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]),
    ("key", "a\0b"),
    ("key", "\ud800"),
    ("key", "x" * 201),
    ("key", ["style"]),
    ("memory_type", "secret"),
    ("importance", 2),
    ("importance", "high"),
    ("expires_at", "2001-01-01T00:00:00Z"),
    ("expires_at", "tomorrow"),
    ("is_proposed", True),
    ("user", 1),
    ("source_build", "01890000-0000-7000-8000-000000000000"),
]


@pytest.mark.parametrize(("field", "value"), HOSTILE, ids=ascii)
def test_hostile_fields_are_refused_by_name(program: Client, field: str, value: Any) -> None:
    answer = sent(program, "post", "/memories/", STYLE | {field: value})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    assert not Memory.objects.exists()


def test_numbers_no_database_can_keep_are_refused(program: Client) -> None:
    for written in ("1e400", "-1e400", "NaN", "9" * 5_000):
        body = f'{{"memory_type": "context", "key": "k", "value": [{written}]}}'
        answer = program.post(f"{API}/memories/", body, content_type="application/json")
        assert (written[:9], answer.status_code) == (written[:9], 400)


def test_figures_are_listed_and_summed_up_for_a_time(program: Client, owner: User, stranger: User) -> None:
    for value in (1, 2, 6):
        stats.record_stat(user=owner, stat_type="seconds", value=value)
    stats.record_stat(user=stranger, stat_type="seconds", value=100)
    assert [row["value"] for row in walked(program, "/stats/?stat_type=seconds")] == [6, 2, 1]
    (summary,) = sent(program, "get", "/stats/summary/").json()["results"]
    assert (summary["count"], summary["sum"], summary["mean"], summary["last"]) == (3, 9, 3, 6)
    assert sent(program, "get", "/stats/summary/?since=2999-01-01T00:00:00Z").json()["results"] == []
    assert sent(program, "get", "/stats/?since=yesterday").status_code == 400


def test_an_operators_key_sees_nobody_elses_memory(operator: User, owner: User) -> None:
    memory, _ = memories.remember(user=owner, memory_type="context", key="k", value="canary")
    boss = Client()
    boss.force_login(operator)
    assert boss.get(f"{API}/memories/").json()["results"] == []
    assert boss.get(f"{API}/memories/{memory.pk}/").status_code == 404


def test_the_retention_is_the_accounts(owner: User) -> None:
    person = Client()
    person.force_login(owner)
    assert person.get(f"{API}/me/").json()["history_retention_days"] is None
    changed = sent(person, "patch", "/me/", {"history_retention_days": 30})
    assert changed.json()["history_retention_days"] == 30
    assert sent(person, "patch", "/me/", {"history_retention_days": None}).json()["history_retention_days"] is None
    for days in (0, 3_651, 99_999, "many"):
        assert sent(person, "patch", "/me/", {"history_retention_days": days}).status_code == 400
