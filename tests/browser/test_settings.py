"""The settings in the console, and the word of a pause on every page, as a phone shows them."""

from typing import Any

import pytest

from agentsite.accounts.models import User
from agentsite.accounts.runtime.services import set_setting
from agentsite.accounts.runtime.table import AGENT_MAX_REPAIRS
from tests.browser.conftest import PHONE, OpenPage
from tests.browser.test_pages import violations

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LIST = "/admin/accounts/runtimesetting/"
LONG = "paused: " + "Wir-ziehen-um-" * 20


def overflow(page: Any) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_phone_without_scripts_shows_and_changes_a_setting(open_page: OpenPage, operator: User) -> None:
    set_setting(user=operator, name="SUBMISSIONS", value=LONG, reason="x" * 300)
    page = open_page(LIST, operator, width=PHONE, java_script_enabled=False)
    page.locator("a[aria-label='Change or reset AGENT_MAX_REPAIRS']").click()
    page.get_by_label("Value").fill("7")
    page.get_by_label("Reason").fill("A hard week")
    page.get_by_role("button", name="Change").click()
    page.get_by_text("AGENT_MAX_REPAIRS is “7”").wait_for()
    assert AGENT_MAX_REPAIRS.now() == 7
    page.get_by_role("button", name="Reset to the environment").click()
    assert AGENT_MAX_REPAIRS.now() == AGENT_MAX_REPAIRS.environment()
    assert page.complaints == []


def test_the_word_of_a_pause_is_no_obstacle(open_page: OpenPage, operator: User) -> None:
    set_setting(user=operator, name="SUBMISSIONS", value="paused: Back at 14:00.")
    page = open_page("/", operator)
    assert page.get_by_role("region", name="Paused").is_visible()
    assert violations(page) == []


@pytest.mark.parametrize("path", [LIST, f"{LIST}SUBMISSIONS/", "/", "/login/"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_is_wider_than_a_phone(open_page: OpenPage, operator: User, path: str, theme: str) -> None:
    set_setting(user=operator, name="SUBMISSIONS", value=LONG, reason="x" * 300)
    page = open_page(path, None if path == "/login/" else operator, width=PHONE, theme=theme)
    assert "Wir-ziehen-um" in page.locator("body").inner_text()
    assert overflow(page) <= 0
    assert page.complaints == []
