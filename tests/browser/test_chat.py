"""Talking to the agent in a real browser against the real server: from the first words to a verified build."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.test_pages import violations
from tests.flows.servers import PASSWORD, Server, running_server
from tests.talking.test_jobs import ROMAN

pytestmark = [pytest.mark.browser, pytest.mark.sandbox]
LogIn = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running_server(tmp_path_factory.mktemp("data")) as started:
        yield started


@pytest.fixture
def logged_in(browser: Any, server: Server) -> Iterator[LogIn]:
    """Return a function that opens a new browser session and logs in by the form."""
    contexts = []

    def open_(width: int = DESKTOP, **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
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


def begin(page: Any, server: Server, text: str) -> None:
    page.goto(f"{server.url}/chat/")
    page.keyboard.press("/")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/chat/*/")
    page.evaluate("window.stayed = true")


def is_fine(page: Any, width: int) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.complaints == []


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_words_become_a_verified_build_without_a_reload(
    logged_in: LogIn, server: Server, width: int, theme: str
) -> None:
    page = logged_in(width, color_scheme=theme)
    begin(page, server, ROMAN)
    approve = page.get_by_role("button", name=re.compile("^Approve ?: to_roman$"))
    approve.wait_for(timeout=30_000)
    assert page.evaluate("window.stayed")
    assert page.locator("nav .badge-waiting").first.inner_text() == "1"
    is_fine(page, width)
    approve.click()
    page.wait_for_selector(".toast")
    page.evaluate("window.stayed = true")
    page.wait_for_selector(".build-card .mark span:text-is('verified')", timeout=150_000)
    page.wait_for_selector(".turn-text:has-text('done and verified')", timeout=10_000)
    assert page.evaluate("window.stayed")
    assert "Agent: “to_roman” is done and verified" in page.inner_text("#announcer")
    assert page.locator(".badge-waiting").count() == 0
    assert page.locator("[data-busy-agent]").count() == 0
    is_fine(page, width)
    for path in ("/chat/", "/approvals/", "/account/agent/"):
        page.goto(server.url + path)
        is_fine(page, width)


def test_news_disturb_neither_what_is_typed_nor_what_is_open(logged_in: LogIn, server: Server) -> None:
    page, elsewhere = logged_in(), logged_in()
    begin(page, server, ROMAN)
    page.get_by_text("Approve with changes…").click(timeout=30_000)
    name = page.get_by_label("Project name")
    name.fill("Numerals")
    elsewhere.goto(page.url)
    elsewhere.fill("#composer textarea", "Hello there!")
    elsewhere.get_by_role("button", name="Send").click()
    page.wait_for_selector(".turn-text:has-text('Hello!')", timeout=30_000)
    assert name.input_value() == "Numerals"
    assert page.evaluate("document.activeElement.name") == "project_name"
    page.fill("#composer textarea", "Not sent yet")
    elsewhere.get_by_text("Reject…").click()
    elsewhere.get_by_label("Why not?").fill("Another time")
    elsewhere.get_by_role("button", name="Reject", exact=True).click()
    page.wait_for_selector(".approval .remark:has-text('Another time')", timeout=30_000)
    assert page.input_value("#composer textarea") == "Not sent yet"
    assert page.evaluate("document.activeElement.name") == "content"
    assert page.evaluate("window.stayed")
    assert (page.complaints, elsewhere.complaints) == ([], [])


def test_a_conversation_that_was_offline_catches_up(logged_in: LogIn, server: Server) -> None:
    page, elsewhere = logged_in(), logged_in()
    begin(page, server, "Hello there!")
    page.wait_for_selector(".turn-assistant:not(#chat-live)", timeout=30_000)
    page.context.set_offline(True)
    elsewhere.goto(page.url)
    elsewhere.fill("#composer textarea", "Thank you!")
    elsewhere.get_by_role("button", name="Send").click()
    elsewhere.wait_for_selector('.turn-text:has-text("You\'re welcome")', timeout=30_000)
    page.context.set_offline(False)
    page.wait_for_selector('.turn-text:has-text("You\'re welcome")', timeout=30_000)
    assert page.evaluate("window.stayed")
