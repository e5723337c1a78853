"""The window of a conversation's newest messages: out of the cache, and never a stale one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import TestCase
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentsite.accounts.models import User
from agentsite.common.cache import ForgivingRedisCache
from memory import conversations, history
from memory.history import recent_history
from memory.models.conversation import Conversation
from memory.models.message import Message
from tests.memory.test_conversations import opened, said
from tests.memory.test_row_retention import forget_until

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


class SlowCache:
    """A cache that processes write to long after they have read the table, in any order, and that may lose things."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.under_way: list[tuple[str, Any]] = []

    def get(self, key: str) -> Any:
        return self.values.get(key)

    def set(self, key: str, value: Any, _seconds: int) -> None:
        self.under_way.append((key, list(value)))

    def delete(self, key: str) -> None:
        self.values.pop(key, None)

    def arrive(self, number: int) -> None:
        if self.under_way:
            key, value = self.under_way.pop(number % len(self.under_way))
            self.values[key] = value


@contextmanager
def committed() -> Iterator[None]:
    """Do what waits for a commit, which the test's own transaction never sees."""
    with TestCase.captureOnCommitCallbacks(execute=True):
        yield


def contents(conversation: Conversation, limit: int = 50) -> list[str]:
    with committed():
        return [turn.content for turn in recent_history(conversation, limit)]


def undone(conversation: Conversation) -> None:
    """Say something, look at it, and undo it."""
    with transaction.atomic():
        said(conversation, "undone")
        assert recent_history(conversation)[-1].content == "undone"
        transaction.set_rollback(True)


STEPS = st.one_of(
    st.tuples(st.just("say"), st.integers(1, 3)),
    st.tuples(st.just("read"), st.integers(0, 8)),
    st.tuples(st.just("undo"), st.just(0)),
    st.tuples(st.just("forget"), st.integers(1, 4)),
    st.tuples(st.just("arrive"), st.integers(0, 5)),
    st.tuples(st.just("lose"), st.just(0)),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25))
@example(steps=[("undo", 0), ("arrive", 0), ("say", 1)])
@example(steps=[("say", 3), ("arrive", 0), ("forget", 1)])
def test_no_order_of_writes_shows_a_stale_window(
    owner: User, steps: list[tuple[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = SlowCache()
    monkeypatch.setattr(history, "cache", slow)
    monkeypatch.setattr(history, "WINDOW", 5)
    conversation, kept, count = opened(owner, ""), list[str](), 0
    for step, number in steps:
        with committed():
            if step == "say":
                for _ in range(number):
                    kept.append(said(conversation, f"message {count}").content)
                    count += 1
            elif step == "undo":
                undone(conversation)
            elif step == "forget":
                kept = kept[forget_until(conversation, number) :]
            elif step == "arrive":
                slow.arrive(number)
            elif step == "lose":
                slow.values.clear()
        shown = min(number, 5) if step == "read" else 5
        assert contents(conversation, shown) == kept[len(kept) - min(shown, len(kept)) :]


class BusyCache(SlowCache):
    """A cache that somebody speaks at while it is asked for the first time."""

    def __init__(self, conversation: Conversation) -> None:
        super().__init__()
        self.conversation: Conversation | None = conversation
        self.commits: list[Callable[[], Any]] = []

    def get(self, key: str) -> Any:
        speaker, self.conversation = self.conversation, None
        if speaker:
            with TestCase.captureOnCommitCallbacks() as self.commits:
                said(speaker, "second")
        return super().get(key)


def test_who_reads_while_somebody_speaks_leaves_nothing_to_be_said_twice(
    owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = opened(owner)
    said(conversation, "first")
    busy = BusyCache(conversation)
    monkeypatch.setattr(history, "cache", busy)
    assert contents(conversation) == ["first"]
    busy.arrive(0)
    for commit in busy.commits:
        commit()
    busy.arrive(0)
    assert contents(conversation) == ["first", "second"]


def test_a_window_that_is_cached_costs_one_query(owner: User) -> None:
    cache.clear()
    conversation = opened(owner)
    for number in range(60):
        with committed():
            said(conversation, str(number))
    with CaptureQueriesContext(connection) as queries:
        shown = [turn.content for turn in recent_history(conversation)]
    assert (len(queries), shown) == (1, [str(number) for number in range(10, 60)])
    cache.clear()
    with CaptureQueriesContext(connection) as queries, committed():
        assert [turn.content for turn in recent_history(conversation, 3)] == ["57", "58", "59"]
    assert len(queries) == 2
    with CaptureQueriesContext(connection) as queries:
        recent_history(conversation)
    assert len(queries) == 1


def test_no_limit_gives_more_than_fifty_or_less_than_none(owner: User) -> None:
    conversation = opened(owner)
    for _ in range(51):
        said(conversation)
    assert [len(recent_history(conversation, limit)) for limit in (-1, 0, 1, 50, 51, 10**9)] == [0, 0, 1, 50, 50, 50]


def test_a_cache_that_is_away_costs_time_and_nothing_else(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    away = ForgivingRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    monkeypatch.setattr(history, "cache", away)
    conversation = opened(owner)
    for content in ("one", "two"):
        with committed():
            said(conversation, content)
        assert contents(conversation)[-1] == content
    assert len(contents(conversation)) == 2


def test_a_conversation_that_is_gone_leaves_no_window_behind(owner: User) -> None:
    cache.clear()
    conversation = opened(owner)
    with committed():
        said(conversation)
    assert contents(conversation) == ["Hello"]
    key = history._key(conversation.pk, 1, 0)
    assert cache.get(key) is not None
    with committed():
        conversations.delete_conversation(user=owner, conversation=conversation)
    assert contents(conversation) == []
    assert cache.get(key) is None


def test_a_window_that_is_too_large_for_the_cache_is_read_from_the_table(owner: User) -> None:
    cache.clear()
    conversation = opened(owner)
    for _ in range(3):
        with committed():
            said(conversation, "x" * 90_000)
    assert [len(content) for content in contents(conversation)] == [90_000] * 3
    assert cache.get(history._key(conversation.pk, 3, 0)) is None
    assert Message.objects.count() == 3
    assert "default" in django_settings.CACHES
