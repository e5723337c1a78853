"""The operator's console in a browser: found, understood, stopped, limited, proved; readable by everybody."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib import admin
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from agentsite.accounts import keys
from agentsite.accounts.models import User
from audit import sealing
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.models.usage import TokenUsage
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_pages import RULES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]
LOOKS = [
    ("light", DESKTOP),
    ("dark", PHONE),
    pytest.param("dark", DESKTOP, marks=pytest.mark.thorough),
    pytest.param("light", PHONE, marks=pytest.mark.thorough),
]


@pytest.fixture(autouse=True)
def _nothing_counted() -> None:
    cache.clear()


def lists() -> list[str]:
    return sorted(f"{model._meta.app_label}_{model._meta.model_name}" for model in admin.site._registry)


def serious(page: Any) -> list[tuple[str, str]]:
    found = Axe().run(page, options=RULES).response["violations"]
    faults = [each for each in found if each["impact"] in {"serious", "critical"}]
    return [(each["id"], node["html"][:200]) for each in faults for node in each["nodes"]]


def is_fine(page: Any, width: int) -> None:
    page.wait_for_function("window.Alpine !== undefined")
    assert (page.url, serious(page)) == (page.url, [])
    assert (page.url, page.evaluate("document.documentElement.scrollWidth")) == (page.url, width)
    assert page.complaints == []


def hanging(owner: User) -> Build:
    """Return a build whose worker has told nothing for a while."""
    build, _claim = factories.running(owner, name="Roman numerals that never come")
    RunEvent.objects.filter(run=build.run).update(created_at=timezone.now() - timedelta(minutes=20))
    return build


def test_every_list_and_form_of_the_console_obeys_the_policy(open_page: OpenPage, operator: User) -> None:
    build = factories.completed(operator)
    pages = [reverse("admin:index"), reverse("admin:builds_build_change", args=[build.id])]
    pages += [reverse("admin:builds_run_change", args=[build.run_id])]
    pages += [reverse("admin:accounts_user_change", args=[operator.pk]), reverse("admin:accounts_invitation_add")]
    pages += [reverse(f"admin:{name}_changelist") for name in lists()]
    page = open_page(pages[0], operator)
    for path in pages[1:]:
        page.goto(page.url.split("/admin")[0] + path)
        assert page.locator("#content").is_visible(), path
    assert page.complaints == []


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_an_operator_finds_a_stuck_build_stops_it_lowers_a_limit_and_proves_it(
    open_page: OpenPage, operator: User, owner: User, settings: Any, tmp_path: Path, theme: str, width: int
) -> None:
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    hanging(owner)
    factories.completed(owner)
    page = open_page(reverse("admin:index"), operator, theme=theme, width=width)
    is_fine(page, width)
    page.goto(page.url + reverse("admin:builds_build_changelist").removeprefix("/admin/"))
    page.get_by_role("button", name="Filters").click()
    page.get_by_role("link", name="For any reason").click()
    page.get_by_role("link", name="Roman numerals that never come").click()
    page.get_by_text("nothing has happened for more than ten minutes").wait_for()
    is_fine(page, width)
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_label("Reason").fill("Its model hangs.")
    is_fine(page, width)
    page.get_by_role("button", name="Cancel the builds").click()
    page.get_by_text("Somebody asked it to stop").wait_for()
    page.get_by_text("Its model hangs.").wait_for()
    page.get_by_role("link", name="owner", exact=True).click()
    page.get_by_role("button", name="Change limits…").click()
    page.get_by_label("API calls per day").fill("10")
    page.get_by_role("button", name="Change the limits").click()
    page.get_by_text("Done for 1.").wait_for()
    is_fine(page, width)
    assert User.objects.get(pk=owner.pk).api_quota_daily == 10
    sealing.seal_all()
    page.goto(page.url.split("/admin")[0] + reverse("admin:audit_auditlog_changelist"))
    page.locator("#result_list").get_by_text("Changed limits of an account").first.wait_for()
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("are as they were written").wait_for()
    is_fine(page, width)


@pytest.mark.parametrize(("theme", "width"), LOOKS)
def test_the_consoles_pages_are_accessible(
    open_page: OpenPage, operator: User, owner: User, theme: str, width: int
) -> None:
    build, failed = factories.completed(owner), factories.failed(owner, name="a_name_that_never_ends_" * 8)
    key = keys.create_api_key(user=owner, name="laptop").key
    TokenUsage.objects.create(
        user=owner, build=build, provider="openai", model="gpt-" * 40, call_key="x", cost_usd=1, duration_ms=900
    )
    rows = [build, failed, failed.run, key, owner, operator]
    paths = [reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk]) for row in rows]
    paths += [reverse(f"admin:{name}_changelist") for name in ("builds_build", "builds_tokenusage", "accounts_user")]
    paths += [reverse("admin:memory_overview"), reverse("admin:accounts_user_add"), "/admin/?period=7d"]
    page = open_page(reverse("admin:index"), operator, theme=theme, width=width)
    for path in paths:
        page.goto(page.url.split("/admin")[0] + path)
        is_fine(page, width)


def test_live_numbers_come_by_themselves(open_page: OpenPage, operator: User, owner: User) -> None:
    page = open_page(reverse("admin:index"), operator)
    page.evaluate("window.stayed = true")
    factories.submitted(owner)
    page.locator(".figure", has_text="In the queue").get_by_text("1", exact=True).wait_for(timeout=15_000)
    assert page.evaluate("window.stayed")


def test_the_dashboard_needs_no_script(browser: Any, open_page: OpenPage, operator: User, owner: User) -> None:
    factories.failed(owner)
    opened = open_page(reverse("admin:index"), operator)
    plain = browser.new_context(java_script_enabled=False, storage_state=opened.context.storage_state())
    page = plain.new_page()
    page.goto(opened.url)
    assert page.locator(".picture svg").first.is_visible()
    assert "tests.failing" in page.locator("main").inner_text()
    plain.close()


def test_a_phone_reaches_everything_by_keyboard(open_page: OpenPage, operator: User) -> None:
    page = open_page(reverse("admin:index"), operator, width=PHONE)
    page.get_by_role("button", name="Show or hide the navigation").press("Enter")
    page.get_by_role("link", name="Builds", exact=True).first.wait_for()
    page.get_by_role("button", name="Close the navigation").press("Enter")
    page.locator("#nav-sidebar").wait_for(state="hidden")
