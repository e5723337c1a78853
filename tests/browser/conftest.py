"""A browser for tests, offline, with what it complains about kept."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from agentsite.accounts.models import User

CHROMIUM = "/usr/bin/chromium"
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE, DESKTOP = 390, 1280


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip, with the reason in the summary, where there is no browser."""
    missing = pytest.mark.skip(reason=f"needs {CHROMIUM}")
    for item in items:
        if item.get_closest_marker("browser") and not os.path.exists(CHROMIUM):
            item.add_marker(missing)


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """Start Chromium once for this folder; its event loop must not be there for other tests."""
    from playwright.sync_api import sync_playwright

    # Playwright's sync interface runs an event loop in this thread, which makes Django refuse the database here.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=SWITCHES)
        yield chromium
        chromium.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


OpenPage = Callable[..., Any]


@pytest.fixture
def open_page(browser: Any, live_server: Any) -> Iterator[OpenPage]:
    """Return a function that opens an address as somebody, ``page.complaints`` holds the browser's errors."""
    contexts = []

    def open_(path: str, user: User | None = None, *, theme: str = "light", width: int = DESKTOP, **more: Any) -> Any:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=theme, **more)
        contexts.append(context)
        if user is not None:
            context.add_cookies([{"name": "sessionid", "value": _session(user), "url": live_server.url}])
        page = context.new_page()
        page.complaints, page.site = [], live_server.url
        page.on("console", lambda said: page.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(live_server.url + path)
        return page

    yield open_
    for context in contexts:
        context.close()


def visit(page: Any, path: str) -> None:
    """Go to another page in the same tab: what it shares with those before is there already.

    An address that differs in its fragment alone would not be opened anew, so nothing is opened in between.
    """
    page.goto("about:blank")
    page.goto(page.site + path)


@pytest.fixture
def browser_page(open_page: OpenPage, operator: User) -> Any:
    """Open the start page as the operator."""
    return open_page("/", operator)


def _session(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value
