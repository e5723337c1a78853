"""The pages for what went wrong, the login page, and what every page carries."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client, RequestFactory

from agentsite import pages
from agentsite.accounts.models import User
from builds import engine


def test_what_is_not_there_says_so_with_the_requests_id(client: Client, db: None) -> None:
    answer = client.get("/nothing/", headers={"X-Request-Id": "given-by-the-test"})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.content.decode()
    assert "given-by-the-test" in answer.content.decode()


def test_a_server_error_is_shown_without_the_database(rf: RequestFactory) -> None:
    request = rf.get("/")
    request.request_id = "given-by-the-test"  # type: ignore[attr-defined]
    answer = pages.server_error(request)
    assert answer.status_code == 500
    assert "given-by-the-test" in answer.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("address", "words"), [("/builds/", "Back in a moment"), ("/api/v1/builds/", "platform.database_away")]
)
def test_a_database_that_is_away_is_told_with_when_to_come_back(owner: User, address: str, words: str) -> None:
    def away(*_: Any) -> None:
        raise OperationalError

    client = Client(raise_request_exception=False)
    client.force_login(owner)
    with connection.execute_wrapper(away):
        answer = client.get(address)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert words in answer.content.decode()


@pytest.mark.django_db
def test_what_is_forbidden_says_what_to_do(rf: RequestFactory, owner: User) -> None:
    request = rf.get("/")
    request.user = owner
    answer = pages.forbidden(request, PermissionError())
    assert answer.status_code == 403
    assert "ask an operator" in answer.content.decode()


@pytest.mark.django_db
def test_a_wrong_password_is_told_without_saying_which_part_is_wrong(client: Client, owner: User) -> None:
    answer = client.post("/login/", {"login": "owner", "password": "wrong"})
    assert "do not match an account" in answer.content.decode()
    assert 'value="owner"' in answer.content.decode()


@pytest.mark.django_db
def test_logging_in_leads_back_to_the_wanted_page(client: Client, owner: User) -> None:
    answer = client.post("/login/?next=/builds/", {"login": "owner", "password": "password", "next": "/builds/"})
    assert answer.headers["Location"] == "/builds/"


@pytest.mark.django_db
def test_a_page_for_nobody_does_not_look_for_a_model(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def look() -> str:
        looked.append("looked")
        return "cookbook:recipes"

    monkeypatch.setattr(engine, "model_name", look)
    assert client.get("/login/").status_code == 200
    assert client.get("/nothing/").status_code == 404
    assert looked == []


@pytest.mark.django_db
def test_every_page_names_the_connected_model(client: Client, owner: User, settings: Any) -> None:
    client.force_login(owner)
    assert "the offline cookbook answers" in client.get("/builds/").content.decode()
    settings.AGENT_MODEL = "ollama:qwen2.5-coder"
    assert "ollama:qwen2.5-coder" in client.get("/builds/").content.decode()


@pytest.mark.django_db
def test_scripts_and_styles_come_from_this_site_only(client: Client, owner: User) -> None:
    client.force_login(owner)
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


@pytest.mark.django_db
def test_the_language_can_be_switched(client: Client, owner: User) -> None:
    client.force_login(owner)
    client.post("/i18n/setlang/", {"language": "ru", "next": "/builds/"})
    assert '<html lang="ru">' in client.get("/builds/").content.decode()
