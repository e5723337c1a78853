"""``/api/v1/webhooks/`` as owner and stranger."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds import housekeeping
from builds.models.webhook import WebhookDelivery, WebhookEndpoint
from builds.webhooks import delivery, services, signing
from tests import factories
from tests.webhooks.conftest import Receive, subscribed

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
HOOKS = "/api/v1/webhooks/"
WANTED = {"url": "https://example.org/hook", "kinds": ["build.failed", "build.completed"]}


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def test_the_secret_is_told_once_and_stored_so_that_only_the_server_can_read_it(owner: User) -> None:
    caller = client_of(owner)
    answer = caller.post(HOOKS, WANTED, format="json", headers={"Idempotency-Key": "one"})
    made = answer.json()
    assert (answer.status_code, answer["Location"]) == (201, f"{HOOKS}{made['id']}/")
    assert (made["kinds"], made["is_paused"]) == (["build.completed", "build.failed"], False)
    assert len(made["secret"]) >= 48
    stored = WebhookEndpoint.objects.get()
    assert made["secret"] not in stored.secret_encrypted
    assert signing.unseal(stored.secret_encrypted) == made["secret"]
    again = caller.post(HOOKS, WANTED, format="json", headers={"Idempotency-Key": "one"}).json()
    assert again == made | {"secret": None}
    assert "secret" not in caller.get(f"{HOOKS}{made['id']}/").json()
    assert [row["id"] for row in caller.get(HOOKS).json()["results"]] == [made["id"]]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "http://example.org/"}, "url"),
        ({"url": "https://127.0.0.1/"}, "url"),
        ({"url": "https://u:p@example.org/"}, "url"),
        ({"url": "https://example.org/" + "a" * 2000}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://example.org/\x00"}, "url"),
        ({"url": "https://example.org/\u202e"}, "url"),
        ({"url": 7}, "url"),
        ({"url": None}, "url"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["node.started"]}, "kinds"),
        ({"kinds": ["ping"]}, "kinds"),
        ({"kinds": "build.failed"}, "kinds"),
        ({"kinds": [["build.failed"]]}, "kinds"),
        ({"kinds": ["build.failed"] * 50}, "kinds"),
        ({"secret": "mine"}, "secret"),
    ],
)
def test_bad_input_is_named_in_the_one_shape(owner: User, changed: dict[str, Any], field: str) -> None:
    answer = client_of(owner).post(HOOKS, WANTED | changed, format="json")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    endpoint = subscribed(owner, WANTED["url"]).endpoint  # type: ignore[arg-type]
    answer = client_of(owner).patch(f"{HOOKS}{endpoint.pk}/", changed, format="json")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])


def test_an_account_has_at_most_twenty(owner: User) -> None:
    for _ in range(services.MAX_ENDPOINTS):
        subscribed(owner, "https://example.org/")
    answer = client_of(owner).post(HOOKS, WANTED, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "webhook.too_many")


def test_an_endpoint_is_changed_paused_resumed_rotated_and_deleted(owner: User) -> None:
    made = subscribed(owner, "https://example.org/hook?token=hidden")
    caller, path = client_of(owner), f"{HOOKS}{made.endpoint.pk}/"
    WebhookEndpoint.objects.update(failures_in_row=5)
    changed = caller.patch(path, {"url": "https://other.example.org", "kinds": ["tests.ran"]}, format="json").json()
    assert (changed["url"], changed["kinds"], changed["failures_in_row"]) == (
        "https://other.example.org/",
        ["tests.ran"],
        0,
    )
    paused = caller.patch(path, {"is_paused": True}, format="json").json()
    assert (paused["is_paused"], paused["pause_reason"]) == (True, "asked")
    assert caller.patch(path, {"is_paused": False}, format="json").json()["pause_reason"] == ""
    assert caller.patch(path, {}, format="json").status_code == 200
    assert caller.post(f"{path}rotate/").json()["secret"] not in {None, made.secret}
    assert caller.delete(path).status_code == 204
    assert caller.delete(path).status_code == 404
    entries = AuditLog.objects.filter(action__startswith="webhook.").order_by("id")
    assert [entry.action.partition(".")[2] for entry in entries] == [
        "created",
        "changed",
        "paused",
        "resumed",
        "rotated",
        "deleted",
    ]
    everything = str([vars(entry) for entry in entries])
    assert made.secret not in everything
    assert "hidden" not in everything


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_anothers_endpoint_is_not_there(owner: User, stranger: User, operator: User, method: str) -> None:
    endpoint = subscribed(owner, "https://example.org/").endpoint
    for other in (stranger, operator):
        assert getattr(client_of(other), method)(f"{HOOKS}{endpoint.pk}/").status_code == 404
        assert client_of(other).get(HOOKS).json()["results"] == []
    assert WebhookEndpoint.objects.filter(pk=endpoint.pk).exists()


def test_the_log_is_paged_and_can_be_narrowed(owner: User) -> None:
    endpoint = subscribed(owner, "https://example.org/").endpoint
    factories.completed(owner)
    caller, log = client_of(owner), f"{HOOKS}{endpoint.pk}/deliveries/"
    first = caller.get(log, {"page_size": 3}).json()
    second = caller.get(first["next"]).json()
    assert [row["kind"] for row in first["results"] + second["results"]] == [
        "build.completed",
        "tests.ran",
        "tests.ran",
        "build.started",
        "build.submitted",
    ]
    assert second["next"] is None
    WebhookDelivery.objects.filter(kind="tests.ran").update(state="failed", next_attempt_at=None)
    assert len(caller.get(log, {"state": "failed"}).json()["results"]) == 2
    assert caller.get(log, {"state": "lost"}).json()["error"]["fields"].keys() == {"state"}
    assert caller.get(log, {"cursor": "cD1hYmM="}).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_ping_and_what_came_of_it_and_sending_it_again(owner: User, receive: Receive) -> None:
    receiver = receive()
    endpoint = subscribed(owner, receiver.url).endpoint
    caller, log = client_of(owner), f"{HOOKS}{endpoint.pk}/deliveries/"
    asked = caller.post(f"{HOOKS}{endpoint.pk}/ping/")
    assert (asked.status_code, asked.json()["state"]) == (202, "pending")
    delivery.deliver_due()
    [row] = caller.get(log).json()["results"]
    assert (row["kind"], row["state"], row["answer_status"], row["error_message"]) == ("ping", "delivered", 204, "")
    again = caller.post(f"{log}{row['id']}/redeliver/", headers={"Idempotency-Key": "again"})
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    delivery.deliver_due()
    repeated = caller.post(f"{log}{row['id']}/redeliver/", headers={"Idempotency-Key": "again"})
    assert repeated["Idempotency-Replayed"] == "true"
    assert len(receiver.requests) == 2
    assert AuditLog.objects.filter(action="webhook.redelivered").count() == 1


def test_what_is_under_way_or_paused_is_not_sent_again(owner: User) -> None:
    endpoint = subscribed(owner, "https://example.org/", "build.submitted").endpoint
    factories.submitted(owner)
    found = WebhookDelivery.objects.get()
    path = f"{HOOKS}{endpoint.pk}/deliveries/{found.pk}/redeliver/"
    WebhookDelivery.objects.update(lease_expires_at=timezone.now() + timedelta(minutes=1))
    assert client_of(owner).post(path).json()["error"]["code"] == "webhook.under_way"
    WebhookDelivery.objects.update(lease_expires_at=None)
    services.change_endpoint(user=owner, endpoint=endpoint, is_paused=True)
    assert client_of(owner).post(path).json()["error"]["code"] == "webhook.paused"


def test_a_delivery_of_another_endpoint_is_not_there(owner: User, stranger: User) -> None:
    endpoint = subscribed(owner, "https://example.org/", "build.submitted").endpoint
    other = subscribed(owner, "https://example.org/", "build.failed").endpoint
    factories.submitted(owner)
    found = WebhookDelivery.objects.get()
    wrong = f"{HOOKS}{other.pk}/deliveries/{found.pk}/redeliver/"
    assert client_of(owner).post(wrong).status_code == 404
    assert client_of(stranger).post(f"{HOOKS}{endpoint.pk}/deliveries/{found.pk}/redeliver/").status_code == 404
    assert client_of(stranger).get(f"{HOOKS}{endpoint.pk}/deliveries/").status_code == 404


def test_old_deliveries_are_tidied_away_and_not_while_they_are_sent(owner: User) -> None:
    subscribed(owner, "https://example.org/")
    factories.completed(owner)
    now = timezone.now()
    long_ago = now - timedelta(days=31)
    WebhookDelivery.objects.exclude(kind="build.completed").update(created_at=long_ago)
    WebhookDelivery.objects.filter(kind="build.started").update(lease_expires_at=now + timedelta(minutes=1))
    assert housekeeping.tidy()["deliveries"] == 3
    assert set(WebhookDelivery.objects.values_list("kind", flat=True)) == {"build.completed", "build.started"}
