"""Keys and the account through the API."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, IdempotencyKey, Scope, User
from audit.models import AuditLog

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
KEYS = "/api/v1/keys/"


def client(secret: str) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {secret}"})


@pytest.fixture
def person(owner: User) -> APIClient:
    """Somebody with a session."""
    browser = APIClient()
    browser.force_login(owner)
    return browser


def test_a_new_keys_secret_is_told_once(person: APIClient) -> None:
    made = person.post(KEYS, {"name": "ci", "scopes": ["builds:read"]}, format="json")
    assert made.status_code == 201
    told = made.json()
    assert client(told["secret"]).get("/api/v1/builds/").status_code == 200
    again = person.get(made["Location"]).json()
    assert again == {name: value for name, value in told.items() if name != "secret"} | {
        "last_used_at": again["last_used_at"]
    }
    assert told["secret"] not in person.get(KEYS).content.decode()


def test_a_post_sent_again_makes_one_key_and_keeps_no_secret(person: APIClient) -> None:
    answers = [
        person.post(KEYS, {"name": "ci"}, format="json", headers={"Idempotency-Key": "one"}).json() for _ in range(2)
    ]
    assert ApiKey.objects.count() == 1
    assert answers[0]["secret"] not in IdempotencyKey.objects.get().answer
    assert answers[1]["id"] == answers[0]["id"]
    assert answers[1]["secret"] is None


def test_a_revoked_key_stays_in_the_list_and_opens_nothing(person: APIClient) -> None:
    made = person.post(KEYS, {"name": "ci"}, format="json").json()
    assert person.delete(f"{KEYS}{made['id']}/").status_code == 204
    assert person.delete(f"{KEYS}{made['id']}/").status_code == 204
    assert client(made["secret"]).get("/api/v1/builds/").status_code == 401
    assert [row["is_usable"] for row in person.get(KEYS).json()["results"]] == [False]


def test_a_rotated_key_and_its_successor(person: APIClient) -> None:
    old = person.post(KEYS, {"name": "ci", "scopes": ["builds:read"]}, format="json").json()
    new = person.post(f"{KEYS}{old['id']}/rotate/", {"overlap_seconds": 0}, format="json").json()
    assert (new["name"], new["scopes"]) == ("ci", ["builds:read"])
    assert client(old["secret"]).get("/api/v1/builds/").status_code == 401
    assert client(new["secret"]).get("/api/v1/builds/").status_code == 200
    refused = person.post(f"{KEYS}{old['id']}/rotate/", {}, format="json")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "key.not_usable")


def test_only_the_admin_scope_makes_keys(owner: User) -> None:
    without = keys.create_api_key(user=owner, name="ci", scopes=keys.ORDINARY_SCOPES).secret
    assert client(without).post(KEYS, {"name": "more"}, format="json").status_code == 403
    assert client(without).get(KEYS).status_code == 403
    with_it = keys.create_api_key(user=owner, name="ci", scopes=[Scope.ADMIN]).secret
    assert client(with_it).post(KEYS, {"name": "more"}, format="json").status_code == 201


def test_nobody_reaches_anothers_keys(person: APIClient, stranger: User, operator: User) -> None:
    made = person.post(KEYS, {"name": "ci"}, format="json").json()
    for other in (stranger, operator):
        browser = APIClient()
        browser.force_login(other)
        assert browser.get(KEYS).json()["results"] == []
        assert browser.get(f"{KEYS}{made['id']}/").status_code == 404
        assert browser.delete(f"{KEYS}{made['id']}/").status_code == 404
        assert browser.post(f"{KEYS}{made['id']}/rotate/", {}, format="json").status_code == 404
    assert APIClient().get(KEYS).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "ci", "scopes": ["everything"]}, "scopes"),
        ({"name": "ci", "scopes": "builds:read"}, "scopes"),
        ({"name": "ci", "scopes": []}, "scopes"),
        ({"name": "ci", "expires_at": "yesterday"}, "expires_at"),
        ({"name": "ci", "expires_at": "2001-01-01T00:00:00Z"}, "expires_at"),
        ({"name": "ci", "budget_usd_monthly": "-1"}, "budget_usd_monthly"),
        ({"name": "ci", "key_hash": "0"}, "key_hash"),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(person: APIClient, wrong: dict[str, Any], field: str) -> None:
    refused = person.post(KEYS, wrong, format="json")
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [field])
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize("cursor", ["cD1vbmU=", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OQ==", "nonsense"])
def test_a_cursor_from_elsewhere_is_a_404(person: APIClient, cursor: str) -> None:
    assert person.get(KEYS, {"cursor": cursor}).status_code == 404


def test_keys_are_paged(person: APIClient, owner: User) -> None:
    for number in range(3):
        keys.create_api_key(user=owner, name=f"key {number}")
    first = person.get(KEYS, {"page_size": 2}).json()
    assert [row["name"] for row in first["results"]] == ["key 2", "key 1"]
    assert [row["name"] for row in person.get(first["next"]).json()["results"]] == ["key 0"]


def test_somebody_reads_and_changes_their_account(person: APIClient, owner: User) -> None:
    assert person.get("/api/v1/me/").json()["username"] == "owner"
    changed = person.patch("/api/v1/me/", {"full_name": "Ada", "language": "ru"}, format="json")
    assert (changed.json()["full_name"], changed.json()["language"]) == ("Ada", "ru")
    assert AuditLog.objects.get(action="user.changed").details == {"fields": ["full_name", "language"]}
    assert person.patch("/api/v1/me/", {"role": "admin"}, format="json").status_code == 400
    assert person.patch("/api/v1/me/", {"language": "xx"}, format="json").status_code == 400
