"""The start page and its form."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds import offered
from builds.agent.cookbook.matching import Match, find_recipe
from builds.models.build import Build
from builds.pages import start

pytestmark = pytest.mark.django_db
TOKEN = "0" * 32


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def send(page: Client, **changes: str) -> Any:
    return page.post("/builds/new", {"requirements": "Roman numerals", "language": "python"} | changes)


@pytest.mark.parametrize("path", ["/", "/builds/new", "/builds/new/"])
def test_the_form_is_at_each_of_its_addresses(page: Client, path: str) -> None:
    content = page.get(path).content.decode()
    assert 'name="requirements"' in content
    assert "The offline cookbook answers" in content


def test_sending_the_form_leads_to_the_build(page: Client, owner: User) -> None:
    answer = send(page, tags="a, b,", budget_usd="1.5", model="ollama:x")
    build = Build.objects.get()
    assert answer.headers["Location"] == build.get_absolute_url()
    assert (build.user, build.tags, str(build.budget_usd), build.wanted_model) == (
        owner,
        ["a", "b"],
        "1.500000",
        "ollama:x",
    )


def test_the_same_form_sent_twice_is_one_build(page: Client) -> None:
    first, second = send(page, token=TOKEN), send(page, token=TOKEN)
    assert first.headers["Location"] == second.headers["Location"]
    assert Build.objects.count() == 1


def test_two_people_with_the_same_token_get_their_own_builds(page: Client, stranger: User) -> None:
    send(page, token=TOKEN)
    other = Client()
    other.force_login(stranger)
    send(other, token=TOKEN)
    assert Build.objects.filter(user=stranger).count() == 1


def test_a_form_that_was_refused_can_be_sent_again(page: Client) -> None:
    send(page, requirements="", token=TOKEN)
    assert send(page, token=TOKEN).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("requirements", "", "Say what is to be built."),
        ("language", "cobol", "Select a valid choice"),
        ("model", "nobody:knows", "the providers are"),
        ("budget_usd", "much", "Enter a number."),
        ("budget_usd", "-1", "Give an amount"),
        ("tags", "x" * 51, "characters long"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_nothing_is_lost(
    page: Client, field: str, value: str, sentence: str
) -> None:
    answer = send(page, **({"description": "kept as it was"} | {field: value}))
    content = answer.content.decode()
    assert answer.status_code == 400
    assert f'id="id_{field}_error"' in content
    assert content.count(sentence) == 2  # on top and beside the field
    assert "kept as it was" in content
    assert not Build.objects.exists()


@pytest.fixture
def _old_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("acorn", "eslint"):
        (tmp_path / "node_modules" / name).mkdir(parents=True)
        (tmp_path / "node_modules" / name / "package.json").touch()
    (tmp_path / "bin").mkdir()
    node = tmp_path / "bin" / "node"
    node.write_text("#!/bin/sh\necho v20.20.2\n")
    node.chmod(0o755)
    monkeypatch.setenv("SANDBOX_RUNTIME_DIR", str(tmp_path))


@pytest.mark.usefixtures("_old_node")
def test_a_language_that_can_not_be_built_is_shown_switched_off_with_its_reason(page: Client) -> None:
    content = page.get("/").content.decode()
    option = next(line for line in content.splitlines() if '<option value="typescript"' in line)
    assert " disabled" in option
    assert "TypeScript (Node.js on this server cannot run it, 22.18 and newer can)" in option
    for name in ("javascript", "python"):
        assert "disabled" not in next(line for line in content.splitlines() if f'<option value="{name}"' in line)


@pytest.mark.usefixtures("_old_node")
def test_a_language_that_can_not_be_built_is_refused_with_its_reason(page: Client) -> None:
    answer = send(page, language="typescript")
    assert answer.status_code == 400
    assert f"not offered: {offered.reason_against('typescript')}" in answer.content.decode()
    assert not Build.objects.exists()


def test_a_viewer_is_told_why_nothing_can_be_built(client: Client, viewer: User) -> None:
    client.force_login(viewer)
    assert "may only read" in client.get("/").content.decode()
    assert send(client).status_code == 403


@pytest.mark.parametrize("suggestion", start.SUGGESTIONS, ids=lambda each: each.slug)
def test_a_suggestion_can_be_sent_as_it_is_or_edited_first(page: Client, suggestion: start.Suggestion) -> None:
    edited = page.get(f"/?example={suggestion.slug}").context["form"]
    assert edited["requirements"].value() == suggestion.text
    assert send(page, requirements=suggestion.text, project_name=str(suggestion.title)).status_code == 302


@pytest.mark.parametrize("suggestion", start.SUGGESTIONS, ids=lambda each: each.slug)
def test_a_suggestion_works_offline_too(suggestion: start.Suggestion) -> None:
    assert isinstance(find_recipe(suggestion.text, "python"), Match)


def test_a_project_without_a_name_is_named_after_the_request(page: Client) -> None:
    send(page, requirements="Roman numerals, please")
    assert Build.objects.get().project_name == "Roman numerals, please"


def test_markup_in_a_request_stays_text(page: Client) -> None:
    answer = send(page, requirements="<script>alert(1)</script>", model="x")
    assert "<script>alert(1)" not in answer.content.decode()
