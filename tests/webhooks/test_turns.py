"""Who takes care that what is due is sent: the task, and the lookout when its hint is lost."""

import time
from typing import Any

import pytest

from agentsite.accounts.models import User
from agentsite.celery import app
from agentsite.common import hints
from builds import stopping
from builds.lookout import Lookout
from builds.models.webhook import WebhookDelivery
from builds.webhooks import delivery, queue, tasks
from tests import factories
from tests.flows.worlds import wait_until
from tests.webhooks.conftest import Receive, subscribed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


def test_the_task_is_short_and_leaves_no_result() -> None:
    route = app.amqp.router.route({}, tasks.deliver_webhooks.name)
    assert route["queue"].name == "short"
    assert tasks.deliver_webhooks.ignore_result


def test_the_task_sends_what_is_due(owner: User, receive: Receive) -> None:
    receiver = receive()
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    tasks.deliver_webhooks()
    assert len(receiver.requests) == 1


def test_a_hint_follows_the_commit_and_a_broker_that_is_away_fails_nothing(
    owner: User, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribed(owner, "https://example.org/", "build.submitted")
    asked: list[object] = []

    def away(**options: Any) -> None:
        asked.append(options)
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.deliver_webhooks, "apply_async", away)
    factories.submitted(owner)
    assert hints.wait_until_sent(5)
    assert (len(asked), WebhookDelivery.objects.count()) == (1, 1)


def test_without_a_broker_the_lookout_sends_by_itself(
    owner: User, receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: Any) -> None:
        raise ConnectionError("no broker")

    monkeypatch.setattr(tasks.deliver_webhooks, "apply_async", away)
    monkeypatch.setattr("builds.tasks.has_room", lambda: False)
    receiver = receive()
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    with Lookout():
        wait_until(lambda: len(receiver.requests) == 1)
        wait_until(lambda: WebhookDelivery.objects.get().state == "delivered")


def test_the_lookout_asks_nobody_when_nothing_is_due(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr(tasks.deliver_webhooks, "apply_async", lambda **_: asked.append(time.monotonic()))
    queue.look()
    assert asked == []
    subscribed(owner, "https://example.org/", "build.submitted")
    factories.submitted(owner)
    assert hints.wait_until_sent(5)
    asked.clear()
    queue.look()
    assert len(asked) == 1


def test_a_process_that_is_told_to_stop_begins_no_delivery(owner: User, receive: Receive) -> None:
    receiver = receive()
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    stopping.begin()
    try:
        assert delivery.deliver_due() == 0
    finally:
        stopping._stopping.clear()
    assert receiver.requests == []
