"""The live page in a real browser against the real server: one click, two watchers, a lost connection."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.flows.servers import PASSWORD, Server, running_server
from tests.stand_ins import scripts
from tests.stand_ins.model_server import ModelServer

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    endless = {
        purpose: [replace(reply, is_endless=True) for reply in replies] for purpose, replies in scripts.SLOW.items()
    }
    with ModelServer(endless) as model:
        environment: dict[str, Any] = {"OPENAI_BASE_URL": model.openai_url, "OPENAI_API_KEY": "sk-stand-in-0123456789"}
        with running_server(tmp_path_factory.mktemp("data"), **environment) as started:
            yield started


@pytest.fixture
def logged_in(browser: Any, server: Server) -> Iterator[Callable[[], Any]]:
    """Return a function that opens a new browser session and logs in by the form."""
    contexts = []

    def open_() -> Any:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"{server.url}/login/")
        page.fill("input[name=login]", "admin")
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{server.url}/")
        return page

    yield open_
    for context in contexts:
        context.close()


def wait_for_title(page: Any, word: str, *, seconds: float = 150) -> None:
    until = time.monotonic() + seconds
    while word not in page.title():
        assert time.monotonic() < until, what_is_there(page)
        page.wait_for_timeout(100)


def what_is_there(page: Any) -> str:
    """Tell the page's view from the server's, so that a failure says which of them stood still."""
    told = page.request.get(page.url.partition("#")[0].replace("/builds/", "/api/v1/builds/")).text()
    return f"{page.title()}\n{page.locator('main').inner_text()[:2000]}\n{page.complaints}\n{told[:2000]}"


def event_rows(page: Any) -> list[tuple[str, str]]:
    page.goto(page.url.partition("#")[0] + "#events")
    rows = page.locator("#events-box tbody tr")
    return [(row.locator("td").nth(0).inner_text(), row.locator("td").nth(2).inner_text()) for row in rows.all()]


def numbered(rows: list[tuple[str, str]]) -> list[str]:
    return [str(number) for number in range(1, len(rows) + 1)]


def test_one_click_becomes_a_verified_build_with_a_zip(logged_in: Callable[[], Any], tmp_path: Path) -> None:
    page = logged_in()
    page.get_by_role("button", name="Roman numerals").click()
    page.wait_for_url("**/builds/*/")
    wait_for_title(page, "completed")
    assert "verified" in page.locator("main").inner_text()
    assert "offline cookbook, not a model" in page.locator("main").inner_text()
    with page.expect_download() as download:
        page.get_by_role("link", name="zip").first.click()
    assert download.value.suggested_filename == "roman-numerals.zip"
    assert page.complaints == []


def started_with_the_slow_model(page: Any, server: Server) -> None:
    page.fill("textarea[name=requirements]", scripts.SLUGIFY_REQUEST)
    page.fill("input[name=model]", "openai:stand-in")
    page.get_by_role("button", name="Build it", exact=True).first.click()
    page.wait_for_url("**/builds/*/")


def test_two_browsers_see_the_same_events_in_the_same_order(logged_in: Callable[[], Any], server: Server) -> None:
    first, second = logged_in(), logged_in()
    started_with_the_slow_model(first, server)
    second.goto(first.url)
    for page in (first, second):
        wait_for_title(page, "completed")
        page.wait_for_timeout(1000)
    seen = [event_rows(page) for page in (first, second)]
    assert seen[0] == seen[1]
    assert [number for number, _ in seen[0]] == numbered(seen[0])
    assert seen[0][-1][1] == "build.completed"


def test_a_browser_that_was_offline_misses_nothing(logged_in: Callable[[], Any], server: Server) -> None:
    page = logged_in()
    started_with_the_slow_model(page, server)
    page.wait_for_timeout(700)
    page.context.set_offline(True)
    page.wait_for_timeout(2000)
    page.context.set_offline(False)
    wait_for_title(page, "completed")
    page.wait_for_timeout(1000)
    rows = event_rows(page)
    assert [number for number, _ in rows] == numbered(rows)
    assert rows[-1][1] == "build.completed"


def test_a_running_build_is_cancelled_by_its_button(logged_in: Callable[[], Any], server: Server) -> None:
    page = logged_in()
    started_with_the_slow_model(page, server)
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("button", name="Cancel the build").click()
    wait_for_title(page, "cancelled")


def test_a_finished_build_needs_no_javascript(browser: Any, logged_in: Callable[[], Any]) -> None:
    page = logged_in()
    page.get_by_role("button", name="LRU cache").click()
    page.wait_for_url("**/builds/*/")
    wait_for_title(page, "completed")
    plain = browser.new_context(java_script_enabled=False, storage_state=page.context.storage_state())
    shown = plain.new_page()
    shown.goto(page.url)
    text = shown.locator("main").inner_text()
    plain.close()
    for expected in ("verified", "LRU", "Evidence", "build.completed"):
        assert expected in text
