"""Deliveries are noted with the events they tell of, for those who want them, and for nobody else."""

import json

import pytest
from django.db import transaction

from agentsite.accounts.models import User
from builds import services as builds
from builds.models.webhook import WebhookDelivery
from builds.runs import events
from builds.webhooks import services
from tests import factories
from tests.webhooks.conftest import subscribed

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
URL = "https://example.org/hook"


def kinds() -> list[str]:
    return list(WebhookDelivery.objects.order_by("id").values_list("kind", flat=True))


def test_each_public_event_is_noted_once_and_chatter_is_not(owner: User) -> None:
    subscribed(owner, URL)
    factories.completed(owner)
    assert kinds() == ["build.submitted", "build.started", "tests.ran", "tests.ran", "build.completed"]


def test_only_the_kinds_that_were_chosen_are_noted(owner: User) -> None:
    subscribed(owner, URL, "build.completed", "build.failed")
    subscribed(owner, URL, "build.failed")
    factories.completed(owner)
    factories.failed(owner)
    assert kinds() == ["build.completed", "build.failed", "build.failed"]


def test_others_builds_are_not_told_of_not_even_to_an_operator(owner: User, stranger: User, operator: User) -> None:
    subscribed(stranger, URL)
    subscribed(operator, URL)
    factories.submitted(owner)
    assert kinds() == []


def test_the_body_tells_the_event_and_the_build_as_it_was(owner: User) -> None:
    subscribed(owner, URL, "build.submitted", "build.completed")
    build = factories.completed(owner)
    first, last = (json.loads(delivery.body) for delivery in WebhookDelivery.objects.order_by("id"))
    assert list(last) == ["id", "kind", "created_at", "build", "event"]
    assert last["id"] == str(WebhookDelivery.objects.order_by("id").last().pk)  # type: ignore[union-attr]
    assert first["build"]["status"] == "pending"
    assert (last["build"]["id"], last["build"]["status"], last["build"]["verification"]) == (
        str(build.id),
        "completed",
        "verified",
    )
    assert last["event"]["payload"] == {"verification": "verified", "error_code": ""}
    assert (last["event"]["seq"], last["event"]["kind"], last["event"]["node"]) == (
        build.run.last_seq,
        "build.completed",
        "",
    )


def test_what_is_rolled_back_was_never_noted(owner: User) -> None:
    subscribed(owner, URL)
    build = factories.submitted(owner)
    before = kinds()
    with transaction.atomic():
        events.record(build.run_id, events.NewEvent("build.waiting"))
        assert len(kinds()) == len(before) + 1
        transaction.set_rollback(True)
    assert kinds() == before


def test_an_event_is_noted_once_for_an_endpoint_by_the_database_itself(owner: User) -> None:
    subscribed(owner, URL)
    factories.submitted(owner)
    noted = WebhookDelivery.objects.get()
    twice = WebhookDelivery(
        endpoint=noted.endpoint, event=noted.event, kind=noted.kind, next_attempt_at=noted.created_at
    )
    with pytest.raises(Exception, match=r"(?i)unique"), transaction.atomic():
        twice.save()


def test_text_that_a_database_cannot_keep_is_noted_nevertheless(owner: User) -> None:
    subscribed(owner, URL, "build.waiting")
    build = factories.submitted(owner, name="Füße 🦶")
    factories.tell(build, "build.waiting", {"code": "a\x00b\ud800", "long": "x" * 40_000})
    told = json.loads(WebhookDelivery.objects.get().body)
    assert told["build"]["project_name"] == "Füße 🦶"
    assert told["event"]["payload"]["code"] == "a\ufffdb\ufffd"
    assert len(WebhookDelivery.objects.get().body) < 40_000


def test_a_paused_endpoint_misses_nothing(owner: User) -> None:
    endpoint = subscribed(owner, URL, "build.submitted").endpoint
    services.change_endpoint(user=owner, endpoint=endpoint, is_paused=True)
    factories.submitted(owner)
    assert kinds() == ["build.submitted"]


def test_cancelling_and_going_on_are_told_of(owner: User) -> None:
    subscribed(owner, URL, "build.cancelled", "build.continued", "build.forked")
    build = factories.failed(owner, node="repair")
    builds.retry_build(user=owner, build=build, from_node="failed")
    fork = builds.fork_build(user=owner, build=build, attempt=1, requirements="Also back")
    builds.cancel_build(user=owner, build=fork)
    assert kinds() == ["build.continued", "build.forked", "build.cancelled"]


def test_the_account_takes_its_webhooks_and_their_log_along(owner: User) -> None:
    subscribed(owner, URL)
    factories.completed(owner)
    owner.delete()
    assert not WebhookDelivery.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_events_of_a_build_nobody_is_told_of_cost_one_query(owner: User, django_assert_max_num_queries: object) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    build = factories.submitted(owner)
    with CaptureQueriesContext(connection) as queries:
        factories.tell(build, "build.waiting")
    with CaptureQueriesContext(connection) as quiet:
        factories.tell(build, "node.started")
    assert len(queries) == len(quiet) + 1
