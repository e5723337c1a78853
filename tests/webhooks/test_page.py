"""The pages about webhooks, without a browser."""

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds.models.webhook import WebhookDelivery, WebhookEndpoint
from builds.webhooks import delivery, pages
from tests import factories
from tests.stand_ins import webhook_receiver as stand_in
from tests.webhooks.conftest import Receive, subscribed

pytestmark = pytest.mark.django_db
PAGE = "/account/webhooks/"
WANTED = {"url": "https://example.org/hook", "kinds": ["build.completed"]}


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def test_a_new_webhooks_secret_is_on_the_answer_and_in_no_cache(person: Client) -> None:
    answer = person.post(PAGE, WANTED)
    assert (answer.status_code, answer.content.decode().count("agsw_")) == (201, 1)
    assert "no-store" in answer["Cache-Control"]
    endpoint = WebhookEndpoint.objects.get()
    for path in (PAGE, f"{PAGE}{endpoint.pk}/"):
        assert "agsw_" not in person.get(path).content.decode()
    renewed = person.post(f"{PAGE}{endpoint.pk}/rotate/")
    assert (renewed.status_code, renewed.content.decode().count("agsw_")) == (201, 1)
    assert "no-store" in renewed["Cache-Control"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"url": ""}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": "a\u202eb"}, "url"),
        ({"url": "https://example.org/" + "a" * 2000}, "url"),
        ({"kinds": []}, "kinds"),
        ({"kinds": ["node.started"]}, "kinds"),
    ],
)
def test_bad_input_is_told_beside_its_field_and_changes_nothing(
    person: Client, owner: User, wrong: dict[str, object], field: str
) -> None:
    answer = person.post(PAGE, WANTED | wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert not WebhookEndpoint.objects.exists()
    endpoint = subscribed(owner, WANTED["url"], "build.failed").endpoint  # type: ignore[arg-type]
    answer = person.post(f"{PAGE}{endpoint.pk}/", WANTED | wrong)
    assert (answer.status_code, list(answer.context["form"].errors)) == (400, [field])
    assert WebhookEndpoint.objects.get().kinds == ["build.failed"]


def test_it_is_changed_paused_resumed_and_deleted(person: Client, owner: User) -> None:
    endpoint = subscribed(owner, "https://example.org/").endpoint
    path = f"{PAGE}{endpoint.pk}/"
    person.post(path, WANTED)
    endpoint.refresh_from_db()
    assert endpoint.kinds == ["build.completed"]
    assert "This webhook is paused" in person.post(f"{path}pause/", follow=True).content.decode()
    assert "This webhook is paused" not in person.post(f"{path}resume/", follow=True).content.decode()
    assert person.post(f"{path}delete/")["Location"] == PAGE
    assert person.get(path).status_code == 404


def test_one_that_kept_failing_says_so(person: Client, owner: User) -> None:
    endpoint = subscribed(owner, "https://example.org/").endpoint
    WebhookEndpoint.objects.update(paused_at=endpoint.created_at, pause_reason="failing")
    assert "paused: it kept failing" in person.get(PAGE).content.decode()
    assert "failed again and again" in person.get(f"{PAGE}{endpoint.pk}/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_the_log_shows_what_was_answered_as_text_and_sends_it_again(
    person: Client, owner: User, receive: Receive
) -> None:
    receiver = receive(stand_in.status(500, b"<script>alert(1)</script>"))
    endpoint = subscribed(owner, receiver.url).endpoint
    path = f"{PAGE}{endpoint.pk}/"
    assert "Nothing was told yet" in person.get(path).content.decode()
    person.post(f"{path}ping/")
    delivery.deliver_due()
    shown = person.get(path).content.decode()
    assert "<script>alert" not in shown
    assert "&lt;script&gt;alert" in shown
    assert "another status than 2xx" in shown
    sent = WebhookDelivery.objects.get()
    person.post(f"{path}deliveries/{sent.pk}/redeliver/")
    sent.refresh_from_db()
    assert sent.state == "pending"


def test_the_log_has_pages(person: Client, owner: User) -> None:
    endpoint = subscribed(owner, "https://example.org/", "build.submitted").endpoint
    for _ in range(pages.PAGE + 2):
        factories.submitted(owner)
    path = f"{PAGE}{endpoint.pk}/"
    first = person.get(path)
    assert len(first.context["log"].rows) == pages.PAGE
    second = person.get(f"{path}?{first.context['log'].older}")
    assert (len(second.context["log"].rows), second.context["log"].older) == (2, "")
    assert len(person.get(f"{path}?state=delivered").context["log"].rows) == 0
    assert len(person.get(f"{path}?state=x&before=%00").context["log"].rows) == pages.PAGE


def test_who_may_only_read_is_offered_no_form(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    assert '<form class="card' not in client.get(PAGE).content.decode()
    assert client.post(PAGE, WANTED).status_code == 403
