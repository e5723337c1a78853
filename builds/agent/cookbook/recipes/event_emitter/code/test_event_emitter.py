from typing import Any

import pytest

from event_emitter import EventEmitter


@pytest.fixture
def emitter() -> EventEmitter:
    return EventEmitter()


@pytest.fixture
def seen() -> list[Any]:
    return []


def test_listeners_get_the_arguments(emitter: EventEmitter) -> None:
    calls: list[tuple[tuple[int, ...], dict[str, int]]] = []
    emitter.on("saved", lambda *args, **kwargs: calls.append((args, kwargs)))
    assert emitter.emit("saved", 1, size=2) == 1
    assert calls == [((1,), {"size": 2})]


def test_listeners_are_called_in_order(emitter: EventEmitter, seen: list[Any]) -> None:
    emitter.on("tick", lambda: seen.append("first"))
    emitter.on("tick", lambda: seen.append("second"))
    assert emitter.emit("tick") == 2
    assert seen == ["first", "second"]


def test_other_events_call_nobody(emitter: EventEmitter, seen: list[Any]) -> None:
    emitter.on("tick", seen.append)
    assert emitter.emit("tock", 1) == 0
    assert emitter.emit("tick", 2) == 1
    assert seen == [2]


def test_once_is_called_once(emitter: EventEmitter, seen: list[Any]) -> None:
    emitter.once("tick", seen.append)
    assert [emitter.emit("tick", 1), emitter.emit("tick", 2)] == [1, 0]
    assert seen == [1]


def test_off_ends_a_subscription(emitter: EventEmitter, seen: list[Any]) -> None:
    emitter.on("tick", seen.append)
    assert [emitter.off("tick", seen.append), emitter.off("tick", seen.append)] == [
        True,
        False,
    ]
    assert emitter.emit("tick", 1) == 0


def test_the_result_of_on_ends_that_subscription_only(
    emitter: EventEmitter, seen: list[Any]
) -> None:
    unsubscribe = emitter.on("tick", seen.append)
    emitter.on("tick", seen.append)
    unsubscribe()
    unsubscribe()
    assert emitter.listener_count("tick") == 1
    emitter.emit("tick", 1)
    assert seen == [1]


def test_a_listener_added_while_emitting_waits(
    emitter: EventEmitter, seen: list[Any]
) -> None:
    emitter.on("tick", lambda: emitter.on("tick", lambda: seen.append("late")))
    assert emitter.emit("tick") == 1
    assert seen == []
    assert emitter.emit("tick") == 2


def test_an_unknown_event_has_no_listeners(emitter: EventEmitter) -> None:
    emitter.once("tick", print)
    counts = [emitter.listener_count("tick"), emitter.listener_count("none")]
    assert counts == [1, 0]
