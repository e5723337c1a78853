"""Who reads which entries: by the API and on the page of one's own account."""

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from agentsite.accounts import activity, keys
from agentsite.accounts.models import Scope, User
from agentsite.common.requests import Caller, called_by
from audit import services as audit
from audit.models import AuditLog, Category, Severity

pytestmark = pytest.mark.django_db
API, PAGE = reverse("audit-api-list"), reverse("accounts:activity")


@pytest.fixture(autouse=True)
def _happenings(owner: User, stranger: User) -> None:
    with called_by(Caller("192.0.2.7", "curl/8")):
        audit.record("user.logged_in", user=owner, category=Category.SECURITY)
        audit.record("build.submitted", user=owner, resource_type="build", resource_id="7", description="<b>roman</b>")
    with called_by(Caller("198.51.100.9", "another")):
        audit.record("user.logged_in", user=stranger, category=Category.SECURITY)
        audit.record("user.login_failed", user=None, severity=Severity.WARNING, error="login.refused")


def read(client: Client, **asked: Any) -> list[tuple[str, str]]:
    answer = client.get(API, asked)
    assert answer.status_code == 200, answer.content
    return [(row["user"], row["action"]) for row in answer.json()["results"]]


def test_people_read_their_own_entries(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert read(client) == [("owner", "build.submitted"), ("owner", "user.logged_in")]
    first = client.get(API).json()["results"][0]
    assert (first["sentence"], first["ip_address"], first["success"]) == ("Submitted a build", "192.0.2.7", True)
    assert "198.51.100.9" not in client.get(API).content.decode()
    assert client.get(API, {"user": "stranger"}).status_code == 403
    assert len(read(client, user="owner")) == 2


def test_an_operator_reads_everybodys(client: Client, operator: User) -> None:
    client.force_login(operator)
    assert len(read(client)) == 4
    assert read(client, user="stranger") == [("stranger", "user.logged_in")]
    assert read(client, user="nobody") == []


def test_an_operators_key_needs_the_scope(operator: User) -> None:
    for scopes, count in (([Scope.USAGE_READ], 1), ([Scope.USAGE_READ, Scope.ADMIN], 7)):
        secret = keys.create_api_key(user=operator, name="ci", scopes=scopes).secret
        assert len(read(Client(headers={"Authorization": f"Bearer {secret}"}))) in {count, count - 1}


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"action": "user.logged_in"}, 2),
        ({"category": "security"}, 2),
        ({"severity": "warning"}, 1),
        ({"resource_type": "build", "resource_id": "7"}, 1),
        ({"resource_type": "build", "resource_id": "8"}, 0),
        ({"since": "2020-01-01T00:00:00Z"}, 4),
        ({"until": "2020-01-01T00:00:00Z"}, 0),
        ({"since": "0001-01-01T00:00:00Z", "until": "9999-12-31T23:59:59Z"}, 4),
    ],
)
def test_the_list_is_narrowed(client: Client, operator: User, asked: dict[str, str], count: int) -> None:
    client.force_login(operator)
    assert len(read(client, **asked)) == count


def test_a_time_has_its_first_moment_and_not_its_last(client: Client, operator: User) -> None:
    client.force_login(operator)
    moments = [entry.created_at.isoformat() for entry in AuditLog.objects.order_by("pk")]
    assert len(read(client, since=moments[1], until=moments[3])) == 2
    assert len(read(client, since=moments[3])) == 1


@pytest.mark.parametrize("asked", [{"category": "all"}, {"since": "then"}, {"who": "me"}, {"cursor": "none"}])
def test_what_makes_no_sense_is_refused(client: Client, operator: User, asked: dict[str, str]) -> None:
    client.force_login(operator)
    assert client.get(API, asked).status_code in {400, 404}


def test_the_page_says_what_happened_in_words(client: Client, owner: User) -> None:
    client.force_login(owner)
    page = client.get(PAGE).content.decode()
    assert "Submitted a build: <bdi>&lt;b&gt;roman&lt;/b&gt;</bdi>" in page
    assert "Logged in" in page
    assert "192.0.2.7" in page
    assert "198.51.100.9" not in page
    narrowed = client.get(PAGE, {"category": "security"}).content.decode()
    assert "Submitted a build" not in narrowed


def test_the_page_goes_on_where_it_ended(client: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "PAGE", 1)
    first = activity.activity_page(owner, {"category": "nonsense", "before": "x"})
    rest = activity.activity_page(owner, {"before": first.older.removeprefix("before=")})
    assert [row.sentence for page in (first, rest) for row in page.rows] == ["Submitted a build", "Logged in"]
    assert (rest.older, rest.is_first) == ("", False)


def test_a_page_costs_one_query_however_much_there_is(owner: User) -> None:
    with transaction.atomic():
        for number in range(activity.PAGE + 5):
            audit.record("message.added", user=owner, resource_id=str(number))
    with CaptureQueriesContext(connection) as queries:
        activity.activity_page(owner, {})
    assert len(queries) == 1
    assert AuditLog.objects.filter(user=owner).count() > activity.PAGE
