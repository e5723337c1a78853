"""Deployments in a real browser: made and rolled back by hand, watched live, accessible to everybody."""

from pathlib import Path
from typing import Any

import pytest

from agentsite.accounts.models import User
from builds.approvals import policy
from builds.deployments import services
from builds.models.deployment import Deployment
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, visit
from tests.browser.test_pages import violations
from tests.deployments.worlds import FAILED, deployed, target_of, worked

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.fixture(autouse=True)
def _data_dir(tmp_path: Path, settings: Any) -> None:
    settings.DATA_DIR = tmp_path


def some(owner: User) -> list[str]:
    """Make a target with a history, and one elsewhere; return the pages about them."""
    policy.change_preference(user=owner, approval_policy="never")
    target = target_of(owner, "production-" * 5 + "x")
    target_of(owner, "elsewhere", remote_url="https://example.org/" + "a-long-path-" * 20 + ".git", credential="secret")
    build = factories.completed(owner, name="Roman numerals " * 8)
    first = deployed(owner, build, target)
    deployed(owner, factories.completed(owner, name="Numerals"), target)
    bad = deployed(owner, factories.completed(owner, name="Broken"), target, [FAILED])
    policy.change_preference(user=owner, approval_policy="always")
    asked = services.deploy(user=owner, build=build, target=target)
    pages = [each.get_absolute_url() for each in (target, first, bad, asked)]
    return ["/deployments/", *pages, f"/builds/{build.id}/deploy/", "/approvals/"]


@pytest.mark.parametrize(("theme", "width"), [("light", DESKTOP), ("dark", PHONE)])
def test_the_pages_can_be_used_by_everybody(open_page: OpenPage, owner: User, theme: str, width: int) -> None:
    page = open_page("/", owner, theme=theme, width=width)
    for path in some(owner):
        visit(page, path)
        assert (path, violations(page)) == (path, [])
        assert (path, page.evaluate(OVERFLOW)) == (path, 0)
        assert (path, page.complaints) == (path, [])


def test_a_deployment_is_watched_and_rolled_back(open_page: OpenPage, owner: User) -> None:
    policy.change_preference(user=owner, approval_policy="never")
    target = target_of(owner)
    first = deployed(owner, factories.completed(owner), target)
    build = factories.completed(owner, name="Numerals")
    page = open_page(build.get_absolute_url(), owner)
    page.click("#deploy")
    page.select_option("select[name=target]", str(target.id))
    page.click("button:has-text('Deploy')")
    page.wait_for_selector("text=waiting in the queue")
    worked(Deployment.objects.get(build=build))
    page.click("text=Show the report and the changes")
    page.wait_for_selector("text=its tests passed in a fresh checkout")
    page.goto(page.url.split("/deployments/")[0] + first.get_absolute_url())
    page.click("button:has-text('Roll back to this')")
    dialog = page.locator("dialog[open]")
    assert first.git_sha[:10] in dialog.inner_text()
    assert "production" in dialog.inner_text()
    dialog.locator("button.danger").click()
    page.wait_for_selector("text=rollback")
    back = worked(Deployment.objects.get(kind="rollback"))
    assert back.status == "healthy"
    assert page.complaints == []
