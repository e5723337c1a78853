"""The live build page, as the server sends it."""

import re
from typing import Any

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds import services
from builds.models.build import Build
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def text(page: Client, build: Build, query: str = "") -> str:
    content = page.get(f"/builds/{build.id}/{query}").content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", content.partition("<main")[2]))


def test_a_waiting_build_shows_its_place_and_can_be_cancelled(page: Client, owner: User) -> None:
    factories.submitted(owner)
    shown = text(page, factories.submitted(owner))
    assert "waiting in the queue" in shown
    assert "place 2 in the queue" in shown
    assert "Cancel “Roman numerals”?" in shown


def test_a_running_build_shows_its_step_and_how_many_tests_pass(page: Client, owner: User) -> None:
    build, _claim = factories.running(owner)
    shown = text(page, build)
    assert "Repair 1 of 3" in shown
    assert "1 of 2 tests pass so far" in shown
    assert "offline cookbook, not a model" in shown


def test_a_verified_build_says_what_was_proved(page: Client, owner: User) -> None:
    shown = text(page, factories.completed(owner))
    for words in (
        "verified All tests passed",
        "1 of 1 of your examples, run by themselves",
        "sensitivity 100 %",
        "coverage 96 %",
    ):
        assert words in shown
    assert "quality 8.9 · security 9.4" in shown


def test_the_examples_by_themselves_are_evidence_of_their_own(page: Client, owner: User) -> None:
    shown = text(page, factories.completed(owner))
    assert "examples by themselves holds The examples of the request were run in a sandbox of their own" in shown


def test_what_became_of_the_tests_is_evidence_that_cannot_be_run_again(page: Client, owner: User) -> None:
    shown = text(page, factories.completed(owner)).replace("&#x27;", "'")
    assert "independent tests holds The server noted who wrote the tests, and what became of them." in shown


def test_examples_that_do_not_hold_by_themselves_are_named_as_the_reason(page: Client, owner: User) -> None:
    shown = text(page, factories.completed(owner, verification="unverified")).replace("&#x27;", "'")
    assert "the examples of your request do not hold without the model's tests" in shown
    assert "0 of 1 of your examples" in shown
    assert "An example of the request fails when the model's tests are out of the way." in shown
    assert "Tests that did not pass (1) test_acceptance.py::test_example_1 assert 'IIII' == 'IV'" in shown


def test_a_failed_build_says_why_whose_fault_and_what_to_do(page: Client, owner: User) -> None:
    shown = text(page, factories.failed(owner))
    assert "The tests still fail after 3 repairs." in shown
    assert "The offline cookbook could not do it." in shown
    assert "Retry from the start" in shown
    assert "expected 'IV'" in shown.replace("&#x27;", "'")


def test_a_request_without_a_recipe_names_the_nearest_and_how_to_connect_a_model(page: Client, owner: User) -> None:
    shown = text(page, factories.failed(owner, code="model.no_recipe"))
    assert "Leap years, Prime numbers, Matrices" in shown
    assert "AGENT_MODEL" in shown


def test_a_cancelled_build_can_be_built_again(page: Client, owner: User) -> None:
    build = services.cancel_build(user=owner, build=factories.submitted(owner))
    shown = text(page, build)
    assert "cancelled before anything was proved" in shown
    assert "Build again" in shown


def test_tests_that_notice_nothing_are_marked(page: Client, owner: User) -> None:
    rows = page.get(f"/builds/{factories.completed(owner, verification='partly').id}/").context["page"].tests.rows
    assert {row.name: row.is_sensitive for row in rows} == {"test_four": True, "test_one": False}


def test_failing_tests_come_first(page: Client, owner: User) -> None:
    rows = page.get(f"/builds/{factories.failed(owner).id}/").context["page"].tests.rows
    assert [row.name for row in rows] == ["test_four", "test_one"]
    assert (rows[0].got, rows[0].expected) == ("'IIII'", "'IV'")


@pytest.mark.parametrize(
    ("query", "path", "attempt"),
    [
        ("", "roman.py", 2),
        ("?attempt=1", "roman.py", 1),
        ("?attempt=1&path=README.md", "README.md", 1),
        ("?attempt=99&path=nothing", "roman.py", 2),
        ("?attempt=x&from=-1&to=%00&events=999999999", "roman.py", 2),
    ],
)
def test_the_address_chooses_file_and_attempt(page: Client, owner: User, query: str, path: str, attempt: int) -> None:
    files = page.get(f"/builds/{factories.completed(owner).id}/{query}").context["page"].files
    assert (files.shown.path, files.attempt) == (path, attempt)


def test_any_two_attempts_can_be_compared(page: Client, owner: User) -> None:
    build = factories.completed(owner)
    last = page.get(f"/builds/{build.id}/").context["page"].changes
    assert [(file.path, file.added, file.removed) for file in last.files] == [("roman.py", 9, 1)]
    assert last.remarks[0].verdict == "The code was wrong: four is IV."
    whole = page.get(f"/builds/{build.id}/?from=0&to=1").context["page"].changes
    assert [file.path for file in whole.files] == ["README.md", "roman.py", "test_roman.py"]


def test_foreign_text_is_never_markup(page: Client, owner: User) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    build, claim = factories.running(owner, name=hostile, requirements=hostile, description=hostile, tags=[hostile])
    factories.save(build, claim, 2, {"a.py": f"x = '{hostile}'\n", "b.txt": hostile})
    factories.tell(build, "model.answered", {"purpose": hostile, "model": hostile, "output": hostile}, node="repair")
    factories.tell(build, "files.changed", {"attempt": 2, "paths": [hostile], "verdict": hostile}, node="repair")
    factories.tell(build, "tests.ran", {"failing": [hostile], "passed": 0, "total": 1}, node="repair")
    for query in ("", "?attempt=2&path=a.py", "?attempt=2&path=b.txt", "?from=1&to=2"):
        assert "<img" not in page.get(f"/builds/{build.id}/{query}").content.decode()


def test_colour_sequences_are_not_shown(page: Client, owner: User) -> None:
    assert "\x1b" not in page.get(f"/builds/{factories.completed(owner).id}/").content.decode()


def test_events_whose_payload_was_cut_or_is_odd_do_not_break_the_page(page: Client, owner: User) -> None:
    build = factories.submitted(owner)
    for kind in ("model.answered", "files.changed", "tests.ran", "plan.proposed", "control.ran", "node.finished"):
        factories.tell(build, kind, {"is_cut": True}, node="test")
        factories.tell(build, kind, {"files": 1, "paths": 2, "passed": "x", "failing": None}, node="test")
    assert page.get(f"/builds/{build.id}/").status_code == 200


def test_many_events_are_cut_with_a_link_to_more(page: Client, owner: User) -> None:
    build = factories.submitted(owner)
    for _ in range(120):
        factories.tell(build, "node.started", node="test")
    first = page.get(f"/builds/{build.id}/").context["page"].events
    assert (len(first.rows), first.total, first.next_size) == (100, 121, 200)
    more = page.get(f"/builds/{build.id}/?events=200").context["page"]
    assert (len(more.events.rows), more.events.next_size, more.tab) == (121, 0, "events")


def test_the_panels_are_the_changing_parts_of_the_page(page: Client, owner: User) -> None:
    build = factories.completed(owner)
    whole = page.get(f"/builds/{build.id}/").content.decode()
    parts = page.get(f"/builds/{build.id}/panels/").content.decode()
    wanted = re.findall(r'id="([a-z-]+)" hx-swap-oob="innerHTML"', parts)
    assert len(wanted) == 17
    assert all(f'id="{name}"' in whole for name in wanted)


def test_the_page_starts_its_socket_after_what_it_shows(page: Client, owner: User) -> None:
    build, _claim = factories.running(owner)
    assert 'data-after="14"' in page.get(f"/builds/{build.id}/").content.decode()


def test_more_attempts_and_events_need_no_more_queries(
    page: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    build, claim = factories.running(owner)
    for attempt in range(2, 9):
        factories.save(build, claim, attempt, {"roman.py": "x = 1\n" * attempt, "README.md": "y"})
    with django_assert_max_num_queries(13):
        page.get(f"/builds/{build.id}/")


def test_there_is_no_inline_style_or_script(page: Client, owner: User) -> None:
    build = factories.completed(owner, verification="partly")
    for path in ("/", "/builds/", f"/builds/{build.id}/", f"/builds/{factories.failed(owner).id}/"):
        content = page.get(path).content.decode()
        assert re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", content) is None
