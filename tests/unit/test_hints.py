"""Hints that there is work: sent beside what goes on, once for many, and only for what was stored."""

import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from django.db import transaction

from agentsite.common import hints

WAIT = 5.0


class Broker:
    """Somebody who is told, and can be slow."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.is_asked = threading.Event()
        self.answers = threading.Event()
        self.answers.set()

    def announce(self, lane: str = "work") -> bool:
        self.heard.append(lane)
        self.is_asked.set()
        return self.answers.wait(WAIT)


@pytest.fixture
def broker() -> Iterator[Broker]:
    made = Broker()
    yield made
    made.answers.set()
    assert hints.wait_until_sent(WAIT)


def test_hints_that_come_while_one_is_on_its_way_are_one_more(broker: Broker) -> None:
    broker.answers.clear()
    hints.soon(broker.announce)
    assert broker.is_asked.wait(WAIT)
    for _ in range(50):
        hints.soon(broker.announce)
    broker.answers.set()
    assert hints.wait_until_sent(WAIT)
    assert broker.heard == ["work", "work"]


def test_hints_of_different_kinds_are_all_sent(broker: Broker) -> None:
    hints.soon(broker.announce, "work")
    hints.soon(broker.announce, "talk")
    assert hints.wait_until_sent(WAIT)
    assert sorted(broker.heard) == ["talk", "work"]


def test_who_waits_for_a_broker_that_hangs_waits_no_longer_than_said(broker: Broker) -> None:
    broker.answers.clear()
    hints.soon(broker.announce)
    assert not hints.wait_until_sent(0.05)


@pytest.mark.django_db(transaction=True)
def test_a_hint_follows_the_commit_and_not_what_was_taken_back(broker: Broker) -> None:
    with transaction.atomic():
        hints.after_commit(broker.announce, "stored")
        assert broker.heard == []
    with suppress(KeyError), transaction.atomic():
        hints.after_commit(broker.announce, "taken back")
        raise KeyError
    assert hints.wait_until_sent(WAIT)
    assert broker.heard == ["stored"]
