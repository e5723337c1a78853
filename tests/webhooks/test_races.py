"""Several who send at once, and one that was killed or slow: what is sent twice, and what never is."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from agentsite.accounts.models import User
from builds.background import InBackground
from builds.models.webhook import WebhookDelivery, WebhookEndpoint
from builds.runs import events
from builds.webhooks import claims, delivery, services, settling
from builds.webhooks.outcomes import Outcome
from tests import factories
from tests.stand_ins import webhook_receiver as stand_in
from tests.webhooks.conftest import Receive, subscribed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
ROOT = Path(__file__).resolve().parents[2]


def slowly(handler: stand_in.Handler) -> None:
    time.sleep(0.05)
    handler.send(204)


def sender() -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "tests.webhooks.sender", str(connection.settings_dict["NAME"])],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.services
def test_two_processes_send_each_delivery_once(owner: User, stranger: User, receive: Receive) -> None:
    receiver = receive(slowly)
    for user in (owner, stranger):
        subscribed(user, receiver.url, "build.submitted")
        for _ in range(20):
            factories.submitted(user)
    senders = [sender(), sender()]
    assert [each.stdout.readline() for each in senders if each.stdout] == ["ready\n", "ready\n"]
    for each in senders:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    try:
        counts = [int(each.communicate(timeout=120)[0]) for each in senders]
    finally:
        for each in senders:
            each.kill()
    ids = Counter(got.headers["agentsite-delivery"] for got in receiver.requests)
    assert set(ids) == {str(found) for found in WebhookDelivery.objects.values_list("pk", flat=True)}
    assert set(ids.values()) == {1}
    assert sum(counts) == 40
    assert all(counts), "both had a share"
    assert not WebhookDelivery.objects.exclude(state="delivered").exists()


def test_of_many_who_claim_at_once_each_gets_another_delivery(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claims, "PER_USER", 100)
    subscribed(owner, "https://example.org/", "build.submitted")
    for _ in range(6):
        factories.submitted(owner)
    start = threading.Barrier(8)

    def claim(_: int) -> claims.Claim | None:
        try:
            start.wait()
            return claims.claim_next()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        got = [found for found in pool.map(claim, range(8)) if found]
    assert len(got) == len({found.delivery_id for found in got}) == 6


def test_what_a_killed_sender_held_is_sent_by_another_after_its_lease(owner: User, receive: Receive) -> None:
    receiver = receive()
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    killed = claims.claim_next()
    assert killed is not None
    assert claims.claim_next() is None
    WebhookDelivery.objects.update(lease_expires_at=Now())
    assert delivery.deliver_due() == 1
    assert len(receiver.requests) == 1


def test_who_comes_back_after_its_lease_writes_nothing(owner: User) -> None:
    subscribed(owner, "https://example.org/", "build.submitted")
    factories.submitted(owner)
    slow = claims.claim_next()
    WebhookDelivery.objects.update(lease_expires_at=Now())
    quick = claims.claim_next()
    assert slow is not None
    assert quick is not None
    assert not settling.settle(slow, Outcome(error="answer.refused", status=500))
    assert settling.settle(quick, Outcome(status=204))
    assert not settling.settle(slow, Outcome(error="answer.refused", status=500))
    found = WebhookDelivery.objects.get()
    assert (found.state, found.attempts, found.endpoint.failures_in_row) == ("delivered", 2, 0)


def test_no_transaction_is_open_while_the_receiver_thinks(owner: User, receive: Receive) -> None:
    seen: list[bool] = []

    def answer(handler: stand_in.Handler) -> None:
        try:  # a lock on these rows, or SQLite's only writer, would be waited for
            with transaction.atomic():
                seen.append(bool(WebhookDelivery.objects.select_for_update().filter(lease_expires_at__gt=Now())))
                WebhookEndpoint.objects.update(failures_in_row=3)
        finally:
            connections.close_all()
        handler.send(204)

    receiver = receive(answer)
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    delivery.deliver_due()
    assert seen == [True]
    assert WebhookDelivery.objects.get().state == "delivered"


def test_an_endpoint_that_is_deleted_while_it_is_called_takes_everything_along(owner: User, receive: Receive) -> None:
    def answer(handler: stand_in.Handler) -> None:
        try:
            services.delete_endpoint(user=owner, endpoint=WebhookEndpoint.objects.get())
        finally:
            connections.close_all()
        handler.send(204)

    receiver = receive(answer)
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    assert delivery.deliver_due() == 1
    assert not WebhookDelivery.objects.exists()


@pytest.mark.services
def test_deleting_an_endpoint_at_this_moment_makes_no_build_fail(owner: User) -> None:
    endpoint = subscribed(owner, "https://example.org/", "build.waiting").endpoint
    build = factories.submitted(owner)
    noted = threading.Event()

    def delete() -> None:
        noted.wait(5)
        services.delete_endpoint(user=owner, endpoint=endpoint)

    with InBackground(delete), transaction.atomic():
        events.record(build.run_id, events.NewEvent("build.waiting"))
        noted.set()
        time.sleep(0.3)
        assert WebhookEndpoint.objects.filter(pk=endpoint.pk).exists()
    assert not WebhookEndpoint.objects.exists()
    assert build.run.events.filter(kind="build.waiting").exists()
