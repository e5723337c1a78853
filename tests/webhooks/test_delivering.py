"""What a receiver gets, and what becomes of what it answers."""

import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.models.webhook import WebhookDelivery, WebhookEndpoint
from builds.webhooks import delivery, sending, services, settling
from tests import factories
from tests.stand_ins import webhook_receiver as stand_in
from tests.webhooks.conftest import Receive, make_due, subscribed

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]


def delivered_once(user: User, url: str) -> WebhookDelivery:
    """Note one event for an endpoint, try once, and return what came of it."""
    subscribed(user, url, "build.submitted")
    factories.submitted(user)
    assert delivery.deliver_due() == 1
    return WebhookDelivery.objects.get()


def test_a_receiver_can_check_who_sent_it_and_when(owner: User, receive: Receive) -> None:
    receiver = receive()
    made = subscribed(owner, receiver.url, "build.submitted")
    build = factories.submitted(owner)
    delivery.deliver_due()
    [got] = receiver.requests
    given = dict(part.split("=") for part in got.headers["agentsite-signature"].split(","))
    expected = hmac.new(made.secret.encode(), given["t"].encode() + b"." + got.body, hashlib.sha256).hexdigest()
    assert hmac.compare_digest(expected, given["v1"])
    assert abs(time.time() - int(given["t"])) < 30
    assert given["t"] == got.headers["agentsite-timestamp"]
    told = json.loads(got.body)
    assert told["id"] == got.headers["agentsite-delivery"] == str(WebhookDelivery.objects.get().pk)
    assert told["kind"] == got.headers["agentsite-event"] == "build.submitted"
    assert told["build"]["id"] == str(build.id)
    assert (got.path, got.headers["content-type"]) == ("/hook?from=agentsite", "application/json")
    assert got.headers["host"] == f"localhost:{receiver.port}"


def test_what_was_taken_is_not_sent_again(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(200, b"thank you"))
    found = delivered_once(owner, receiver.url)
    make_due()
    assert (found.state, found.attempts, found.answer_status, found.answer_body) == ("delivered", 1, 200, "thank you")
    assert (found.error, found.next_attempt_at, found.lease_expires_at) == ("", None, None)
    assert delivery.deliver_due() == 0
    assert len(receiver.requests) == 1


@pytest.mark.parametrize(
    ("answer", "error", "status"),
    [
        (stand_in.status(400, b"no"), "answer.refused", 400),
        (stand_in.status(410), "answer.refused", 410),
        (stand_in.status(500), "answer.refused", 500),
        (stand_in.status(302, Location="http://localhost:1/elsewhere"), "answer.redirect", 302),
        (stand_in.status(307, Location="http://169.254.169.254/"), "answer.redirect", 307),
        (stand_in.status(304), "answer.redirect", 304),
        (stand_in.raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"), "answer.unreadable", None),
        (stand_in.raw(b"SSH-2.0-OpenSSH_9.2\r\n"), "connection.closed", None),
        (stand_in.raw(b"\x00\xff" * 500), "answer.unreadable", None),
        (stand_in.raw(b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n"), "answer.unreadable", None),
        (stand_in.raw(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000), "answer.unreadable", None),
        (stand_in.raw(b"HTTP/1.1 200"), "connection.closed", None),
        (stand_in.hang_up, "connection.closed", None),
        (stand_in.reset, "connection.closed", None),
    ],
)
def test_what_is_not_taken_is_told_and_tried_again(
    owner: User, receive: Receive, answer: stand_in.Answer, error: str, status: int | None
) -> None:
    found = delivered_once(owner, receive(answer).url)
    assert (found.state, found.attempts, found.error, found.answer_status) == ("pending", 1, error, status)
    wait = (found.next_attempt_at - timezone.now()).total_seconds()  # type: ignore[operator]
    assert 2 < wait < 7


@pytest.mark.parametrize("answer", [stand_in.drip(b"HTTP/1.1 200 OK\r\nX: y\r\n"), stand_in.drip(b"")])
def test_who_is_too_slow_is_left(
    owner: User, receive: Receive, answer: stand_in.Answer, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = sending.post
    monkeypatch.setattr(sending, "post", lambda *given: post(*given, seconds=0.5))
    started = time.monotonic()
    found = delivered_once(owner, receive(answer).url)
    assert time.monotonic() - started < 5
    assert (found.state, found.error) == ("pending", "answer.too_slow")


def test_the_longest_wait_is_ten_seconds() -> None:
    assert sending.SECONDS == 10


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (stand_in.endless, "x" * 4096),
        (stand_in.raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"), "part"),
        (stand_in.status(200, b"a\x00b\x1b[31m\xff\xe2\x80\xaec\n"), "a\ufffdb\ufffd[31m\ufffd\ufffdc\n"),
        (stand_in.status(200, b"\x1f\x8b" * 10, Content_Encoding="gzip"), "\ufffd" * 20),
    ],
)
def test_a_status_of_2xx_is_enough_and_little_of_the_rest_is_kept(
    owner: User, receive: Receive, answer: stand_in.Answer, kept: str
) -> None:
    found = delivered_once(owner, receive(answer).url)
    assert (found.state, found.answer_status, found.answer_body) == ("delivered", 200, kept)


def test_who_is_not_there_and_who_has_no_address_is_told(owner: User, settings: Any) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost", "nobody.invalid"]
    assert delivered_once(owner, "http://localhost:1/").error == "connection.failed"
    WebhookEndpoint.objects.update(url="http://nobody.invalid/")
    make_due()
    delivery.deliver_due()
    assert WebhookDelivery.objects.get().error == "address.unknown"


def test_a_receiver_that_comes_back_gets_the_same_body_under_the_same_id(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(503), stand_in.hang_up, stand_in.status(204))
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    for _ in range(3):
        delivery.deliver_due()
        make_due()
    found = WebhookDelivery.objects.get()
    assert (found.state, found.attempts) == ("delivered", 3)
    assert (
        len({got.body for got in receiver.requests})
        == len({got.headers["agentsite-delivery"] for got in receiver.requests})
        == 1
    )
    assert WebhookEndpoint.objects.get().failures_in_row == 0


def test_what_fails_at_every_attempt_is_given_up(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(500))
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    for _ in range(settling.MAX_ATTEMPTS + 2):
        delivery.deliver_due()
        make_due()
    found = WebhookDelivery.objects.get()
    assert (found.state, found.attempts, len(receiver.requests)) == ("failed", 7, 7)
    assert WebhookEndpoint.objects.get().given_up_in_row == 1


def test_it_waits_longer_each_time_and_never_for_the_same_time() -> None:
    for attempt, seconds in enumerate(settling.DELAYS, start=1):
        waits = {settling.wait_seconds(attempt) for _ in range(50)}
        assert len(waits) > 40
        assert all(0.8 * seconds <= wait <= 1.2 * seconds for wait in waits)


@pytest.mark.parametrize(
    ("wish", "least", "most"),
    [
        ("120", 119, 121),
        ("0", 4, 6.1),
        ("1", 4, 6.1),
        ("99999999999999999999", 21_599, 21_601),
        ("-5", 4, 6.1),
        ("soon", 4, 6.1),
        ("Fri, 01 Jan 2100 00:00:00 GMT", 21_599, 21_601),
        ("Fri, 01 Jan 1999 00:00:00 GMT", 4, 6.1),
        ("Fri, 99 Foo 2100", 4, 6.1),
    ],
)
def test_a_receiver_may_ask_for_more_time_within_bounds(
    owner: User, receive: Receive, wish: str, least: float, most: float
) -> None:
    found = delivered_once(owner, receive(stand_in.status(429, Retry_After=wish)).url)
    wait = (found.next_attempt_at - found.last_attempt_at).total_seconds()  # type: ignore[operator]
    assert least - 1 <= wait <= most + 2


def test_three_that_were_given_up_pause_the_endpoint_and_it_is_written_down(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(500))
    subscribed(owner, receiver.url, "build.submitted")
    for _ in range(3):
        factories.submitted(owner)
    WebhookDelivery.objects.update(attempts=settling.MAX_ATTEMPTS - 1)
    delivery.deliver_due()
    endpoint = WebhookEndpoint.objects.get()
    assert (endpoint.is_paused, endpoint.pause_reason) == (True, "failing")
    entry = AuditLog.objects.get(action="webhook.paused")
    assert (entry.user_label, entry.severity, entry.details["owner"]) == ("system", "warning", owner.pk)
    assert receiver.url not in str(vars(entry))
    factories.submitted(owner)
    assert delivery.deliver_due() == 0


def test_twenty_failures_pause_only_what_has_failed_for_an_hour(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(500))
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    WebhookEndpoint.objects.update(failures_in_row=30, failing_since=timezone.now() - timedelta(minutes=55))
    delivery.deliver_due()
    assert not WebhookEndpoint.objects.get().is_paused
    WebhookEndpoint.objects.update(failing_since=timezone.now() - timedelta(minutes=61))
    make_due()
    delivery.deliver_due()
    assert WebhookEndpoint.objects.get().is_paused


def test_resuming_sends_what_was_kept_and_forgets_the_failures(owner: User, receive: Receive) -> None:
    receiver = receive()
    endpoint = subscribed(owner, receiver.url, "build.submitted").endpoint
    services.change_endpoint(user=owner, endpoint=endpoint, is_paused=True)
    factories.submitted(owner)
    assert delivery.deliver_due() == 0
    WebhookEndpoint.objects.update(failures_in_row=7, given_up_in_row=3)
    services.change_endpoint(user=owner, endpoint=endpoint, is_paused=False)
    assert delivery.deliver_due() == 1
    endpoint.refresh_from_db()
    assert (endpoint.failures_in_row, endpoint.given_up_in_row, endpoint.pause_reason) == (0, 0, "")


def test_a_ping_is_sent_once_even_while_paused_and_counts_for_nothing(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(500))
    endpoint = subscribed(owner, receiver.url).endpoint
    services.change_endpoint(user=owner, endpoint=endpoint, is_paused=True)
    first = services.ping(user=owner, endpoint=endpoint)
    assert services.ping(user=owner, endpoint=endpoint).pk == first.pk
    delivery.deliver_due()
    make_due()
    delivery.deliver_due()
    first.refresh_from_db()
    assert (first.state, len(receiver.requests)) == ("failed", 1)
    told = json.loads(receiver.requests[0].body)
    assert (told["kind"], told["build"], told["event"]) == ("ping", None, None)
    assert WebhookEndpoint.objects.get().failures_in_row == 0


def test_a_new_secret_signs_what_waits(owner: User, receive: Receive) -> None:
    receiver = receive(stand_in.status(401), stand_in.status(204))
    made = subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    delivery.deliver_due()
    renewed = services.rotate_secret(user=owner, endpoint=made.endpoint)
    make_due()
    delivery.deliver_due()
    for secret, got in zip((made.secret, renewed.secret), receiver.requests, strict=True):
        moment, _, signature = got.headers["agentsite-signature"].partition(",v1=")
        signed = hmac.new(secret.encode(), moment.removeprefix("t=").encode() + b"." + got.body, hashlib.sha256)
        assert signed.hexdigest() == signature


def test_a_delivery_is_sent_again_under_its_id(owner: User, receive: Receive) -> None:
    receiver = receive()
    found = delivered_once(owner, receiver.url)
    services.redeliver(user=owner, delivery=found)
    assert delivery.deliver_due() == 1
    found.refresh_from_db()
    assert (found.state, found.attempts, len(receiver.requests)) == ("delivered", 1, 2)
    assert {got.headers["agentsite-delivery"] for got in receiver.requests} == {str(found.pk)}


def test_nothing_is_sent_for_an_account_that_was_closed_to_its_owner(owner: User, receive: Receive) -> None:
    receiver = receive()
    subscribed(owner, receiver.url)
    factories.submitted(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert delivery.deliver_due() == 0


def test_a_secret_that_no_key_of_today_opens_is_told_and_nothing_is_sent(
    owner: User, receive: Receive, settings: Any
) -> None:
    receiver = receive()
    subscribed(owner, receiver.url, "build.submitted")
    factories.submitted(owner)
    before, settings.SECRET_KEY = settings.SECRET_KEY, "another key of the server's, long enough to be one"
    delivery.deliver_due()
    assert (WebhookDelivery.objects.get().error, receiver.requests) == ("secret.unreadable", [])
    settings.SECRET_KEY_FALLBACKS = [before]
    make_due()
    delivery.deliver_due()
    assert len(receiver.requests) == 1


def test_a_proxy_in_the_environment_is_not_used(owner: User, receive: Receive, monkeypatch: pytest.MonkeyPatch) -> None:
    receiver = receive()
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://localhost:1")
    assert delivered_once(owner, receiver.url).state == "delivered"


def test_a_slow_receiver_of_one_keeps_no_other_waiting(
    owner: User, stranger: User, receive: Receive, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = sending.post
    monkeypatch.setattr(sending, "post", lambda *given: post(*given, seconds=2.0))
    slow, quick = receive(stand_in.drip(b"")), receive()
    subscribed(owner, slow.url, "build.submitted")
    subscribed(stranger, quick.url, "build.submitted")
    for _ in range(3):
        factories.submitted(owner)
    for _ in range(5):
        factories.submitted(stranger)
    delivery.deliver_due()
    theirs = WebhookDelivery.objects.filter(endpoint__user=stranger, state="delivered")
    first_slow = min(found.last_attempt_at for found in WebhookDelivery.objects.filter(endpoint__user=owner))  # type: ignore[type-var]
    assert theirs.count() == 5
    assert all(found.delivered_at - first_slow < timedelta(seconds=2) for found in theirs)  # type: ignore[operator]
