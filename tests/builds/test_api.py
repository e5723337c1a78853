"""``/api/v1/builds/`` as owner, stranger, operator and with nobody logged in."""

import base64
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, User
from builds import services
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from builds.runs.claim import claim_next
from builds.workspace import BuildWorkspace
from tests import factories

pytestmark = pytest.mark.django_db
BUILDS = "/api/v1/builds/"
WANTED = {"project_name": "Roman", "requirements": "Roman numerals and back"}


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


@pytest.fixture
def build(owner: User) -> Build:
    made = services.submit_build(user=owner, **WANTED)  # type: ignore[arg-type]
    claim = claim_next("worker")
    assert claim is not None
    tree = {"roman.py": "X = 10\n", "pkg/test_roman.py": "assert True\n"}
    BuildWorkspace(claim, made.id, lambda path: "test_" in path).save(1, tree)
    return made


def test_a_build_is_submitted(owner: User) -> None:
    answer = client_of(owner).post(BUILDS, WANTED | {"tags": ["a"], "budget_usd": "1.50"}, format="json")
    assert answer.status_code == 201
    assert answer["Location"] == f"{BUILDS}{answer.json()['id']}/"
    assert answer.json()["status"] == "pending"
    assert answer.json()["budget_usd"] == "1.500000"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"requirements": ""}, "requirements"),
        ({"requirements": 7 * ["x"]}, "requirements"),
        ({"project_name": None}, "project_name"),
        ({"language": "cobol"}, "language"),
        ({"budget_usd": "-1"}, "budget_usd"),
        ({"budget_usd": "1e400"}, "budget_usd"),
        ({"tags": "one"}, "tags"),
        ({"model": "nobody:knows"}, "model"),
        ({"languge": "python"}, "languge"),
    ],
)
def test_bad_input_is_named_in_the_one_shape(owner: User, changed: dict[str, object], field: str) -> None:
    answer = client_of(owner).post(BUILDS, WANTED | changed, format="json")
    error = answer.json()["error"]
    assert answer.status_code == 400
    assert error["code"] == "request.invalid"
    assert list(error["fields"]) == [field]
    assert error["request_id"] == answer["X-Request-Id"]


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b'{"requirements": "\\ud800"}'])
def test_rubbish_is_a_400(owner: User, body: bytes) -> None:
    answer = client_of(owner).post(BUILDS, body, content_type="application/json")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] in {"request.unreadable", "request.invalid"}


def test_what_is_no_json_is_unreadable(owner: User) -> None:
    answer = client_of(owner).post(BUILDS, b"{", content_type="application/json")
    assert answer.json()["error"]["code"] == "request.unreadable"


def test_another_content_type_is_a_415(owner: User) -> None:
    assert client_of(owner).post(BUILDS, "<x/>", content_type="text/xml").status_code == 415


def test_a_viewer_cannot_submit(viewer: User) -> None:
    assert client_of(viewer).post(BUILDS, WANTED, format="json").status_code == 403


READS = ["", "events/", "files/", "files/roman.py", "archive/"]
WRITES = ["cancel/", "retry/", "fork/"]


@pytest.mark.parametrize("path", READS)
def test_reading_is_for_the_owner_and_the_operator(build: Build, owner: User, operator: User, path: str) -> None:
    assert client_of(owner).get(f"{BUILDS}{build.id}/{path}").status_code == 200
    assert client_of(operator).get(f"{BUILDS}{build.id}/{path}").status_code == 200


@pytest.mark.parametrize("path", [*READS, "analysis/", "files/nothing.py"])
def test_somebody_elses_build_is_not_there(build: Build, stranger: User, viewer: User, path: str) -> None:
    for user in (stranger, viewer):
        answer = client_of(user).get(f"{BUILDS}{build.id}/{path}")
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "request.not_found")


@pytest.mark.parametrize("path", WRITES)
def test_nobody_else_can_change_a_build(build: Build, stranger: User, path: str) -> None:
    assert client_of(stranger).post(f"{BUILDS}{build.id}/{path}").status_code == 404
    assert Run.objects.get().cancel_requested_at is None


@pytest.mark.parametrize("path", READS)
def test_nobody_logged_in_is_a_401(build: Build, path: str) -> None:
    answer = client_of(None).get(f"{BUILDS}{build.id}/{path}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "request.not_authenticated")


def test_the_list_holds_ones_own_builds(build: Build, owner: User, stranger: User, operator: User) -> None:
    assert [row["id"] for row in client_of(owner).get(BUILDS).json()["results"]] == [str(build.id)]
    assert client_of(stranger).get(BUILDS).json()["results"] == []
    assert len(client_of(operator).get(BUILDS).json()["results"]) == 1


def test_the_list_costs_the_same_however_long(owner: User, django_assert_num_queries: Callable[..., object]) -> None:
    client = client_of(owner)
    for _ in range(12):
        services.submit_build(user=owner, **WANTED)  # type: ignore[arg-type]
    with django_assert_num_queries(4):  # type: ignore[attr-defined]  # session, user, quota, builds
        assert len(client.get(BUILDS).json()["results"]) == 12


def test_pages_go_on_where_the_last_one_ended(owner: User) -> None:
    made = [services.submit_build(user=owner, **WANTED) for _ in range(5)]  # type: ignore[arg-type]
    first = client_of(owner).get(BUILDS, {"page_size": 3}).json()
    second = client_of(owner).get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == [str(build.id) for build in reversed(made)]


def test_events_come_after_a_number(build: Build, owner: User) -> None:
    page = client_of(owner).get(f"{BUILDS}{build.id}/events/").json()
    assert [event["kind"] for event in page["events"]] == ["build.submitted"]
    assert client_of(owner).get(f"{BUILDS}{build.id}/events/?after=1").json()["events"] == []


@pytest.mark.parametrize("after", ["-1", "x", "1.5", "9" * 30, "٣"])
def test_a_wrong_number_is_a_400(build: Build, owner: User, after: str) -> None:
    assert client_of(owner).get(f"{BUILDS}{build.id}/events/", {"after": after}).status_code == 400


def test_files_are_listed_and_read(build: Build, owner: User) -> None:
    listed = client_of(owner).get(f"{BUILDS}{build.id}/files/").json()
    assert [(row["path"], row["is_test"]) for row in listed["files"]] == [
        ("pkg/test_roman.py", True),
        ("roman.py", False),
    ]
    answer = client_of(owner).get(f"{BUILDS}{build.id}/files/pkg/test_roman.py")
    assert answer.content == b"assert True\n"
    assert answer["Content-Type"].startswith("text/plain")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_the_archive_is_the_same_twice(build: Build, owner: User) -> None:
    first, second = (client_of(owner).get(f"{BUILDS}{build.id}/archive/").content for _ in range(2))
    assert first == second
    assert zipfile.ZipFile(io.BytesIO(first)).namelist() == ["roman/pkg/test_roman.py", "roman/roman.py"]


def test_an_attempt_that_is_not_there_is_a_404(build: Build, owner: User) -> None:
    assert client_of(owner).get(f"{BUILDS}{build.id}/archive/?attempt=9").status_code == 404


def test_cancelling_twice_asks_once(build: Build, owner: User) -> None:
    for _ in range(2):
        assert client_of(owner).post(f"{BUILDS}{build.id}/cancel/").status_code == 200
    assert Run.objects.get().cancel_requested_at is not None


def test_a_running_build_cannot_be_retried(build: Build, owner: User) -> None:
    answer = client_of(owner).post(f"{BUILDS}{build.id}/retry/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "build.not_final")


def with_key(secret: str) -> APIClient:
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_a_key_opens_the_api(build: Build, owner: User) -> None:
    assert with_key(keys.create_api_key(user=owner, name="ci").secret).get(f"{BUILDS}{build.id}/").status_code == 200


def test_a_key_is_stored_as_a_hash_only(owner: User) -> None:
    secret = keys.create_api_key(user=owner, name="ci").secret
    key = ApiKey.objects.get()
    assert secret.startswith(f"ags_{key.prefix}_")
    assert secret.split("_", 2)[2] not in f"{key.__dict__}"


@pytest.mark.parametrize("spoil", [{"is_active": False}, {"expires_at": "2020-01-01T00:00:00Z"}])
def test_a_revoked_or_expired_key_is_a_401(owner: User, spoil: dict[str, object]) -> None:
    secret = keys.create_api_key(user=owner, name="ci").secret
    ApiKey.objects.update(**spoil)
    assert with_key(secret).get(BUILDS).status_code == 401


@pytest.mark.parametrize("secret", ["", "x", "ags_", "ags_abc", "ags_000000000000_guess", "Ⅷ"])
def test_a_wrong_key_is_a_401(db: None, secret: str) -> None:
    assert with_key(secret).get(BUILDS).status_code == 401


def test_a_key_of_a_closed_account_is_a_401(owner: User) -> None:
    secret = keys.create_api_key(user=owner, name="ci").secret
    User.objects.update(is_active=False)
    assert with_key(secret).get(BUILDS).status_code == 401


def test_a_session_needs_the_csrf_token(owner: User) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(owner)
    assert client.post(BUILDS, WANTED, format="json").status_code == 403


def test_an_address_that_is_not_there_is_told_in_the_one_shape(db: None) -> None:
    answer = client_of(None).get("/api/v1/nothing/")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "request.not_found")


@pytest.mark.parametrize("position", ["notuuid", "", "\0", "2026"])
def test_a_cursor_that_is_not_ours_is_a_404(owner: User, position: str) -> None:
    cursor = base64.b64encode(f"p={position}".encode()).decode()
    answer = client_of(owner).get(BUILDS, {"cursor": cursor})
    assert answer.status_code in {200, 404}
    assert answer.status_code == 404 or not position


def test_json_that_is_too_deep_is_a_400(owner: User) -> None:
    body = "[" * 200_000 + "]" * 200_000
    assert client_of(owner).post(BUILDS, body, content_type="application/json").status_code == 400


def test_an_unknown_field_with_an_odd_name_is_a_400(owner: User) -> None:
    body = json.dumps(WANTED | {"\ud800": 1})
    assert client_of(owner).post(BUILDS, body, content_type="application/json").status_code == 400


def test_a_body_that_is_too_large_is_a_413_in_the_one_shape(owner: User) -> None:
    answer = client_of(owner).post(BUILDS, "x" * 3_000_000, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request.too_large")


def test_a_host_that_is_not_ours_is_told_in_the_one_shape(db: None, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost"]
    answer = client_of(None).get(BUILDS, headers={"Host": "elsewhere.example"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "request.unreadable")


def test_cancelling_again_adds_nothing_to_the_timeline(build: Build, owner: User) -> None:
    for _ in range(3):
        client_of(owner).post(f"{BUILDS}{build.id}/cancel/")
    assert RunEvent.objects.filter(kind="cancel.requested").count() == 1


def test_attempts_are_listed_and_compared(owner: User) -> None:
    build, caller = factories.completed(owner), APIClient()
    caller.force_login(owner)
    address = f"/api/v1/builds/{build.id}"
    assert [row["number"] for row in caller.get(f"{address}/attempts/").json()] == [1, 2]
    told = caller.get(f"{address}/diff/").json()
    assert (told["before"], told["after"]) == (1, 2)
    [changed] = told["files"]
    assert (changed["path"], changed["added"] > 0, changed["is_too_long"]) == ("roman.py", True, False)
    assert any(line.startswith("+") for line in changed["diff"].splitlines())
    whole = caller.get(f"{address}/diff/", {"before": 0, "after": 1}).json()
    assert {row["removed"] for row in whole["files"]} == {0}
    assert caller.get(f"{address}/diff/", {"before": "x"}).status_code == 400
