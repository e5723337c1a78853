"""The pages in Russian, whose words are longer: they still fit a phone."""

from typing import Any

import pytest
from django.db import transaction

from agentsite.accounts import keys
from agentsite.accounts.models import User
from builds.approvals import services as approvals
from builds.jobs import services as jobs
from builds.webhooks import services as webhooks
from memory import conversations
from tests import factories
from tests.browser.conftest import PHONE, OpenPage, visit
from tests.browser.test_pages import TABS, remembered, spent
from tests.talking.conversing import PROPOSAL

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def standing_out(page: Any) -> list[str]:
    """Return the buttons, labels and headings that run out of the window; what scrolls by itself is not meant."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, .button, th, dt, h1, h2, label")]
            .filter((each) => each.checkVisibility() && !each.closest(".hidden-text, .sideways, [data-scroll]"))
            .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
            .map((each) => each.textContent.trim())"""
    )
    return found


@transaction.atomic
def asked(user: User) -> str:
    """Let the agent wait for a yes; return the conversation's page."""
    talk, _ = conversations.open_conversation(user=user, platform="web", title="Римские числа")
    job = jobs.say(user=user, conversation=talk, content="Напиши римские числа").job
    assert job is not None
    approvals.ask(job, PROPOSAL, "Я собрал бы «Римские числа».")
    return f"/chat/{talk.pk}/"


def addresses(user: User) -> list[str]:
    """Fill what somebody sees; return its pages."""
    build, failed = factories.completed(user, verification="partly"), factories.failed(user, node="repair")
    under_way, _ = factories.running(user)
    hook = webhooks.create_endpoint(user=user, url="https://example.org/hook", kinds=["build.completed"]).endpoint
    keys.create_api_key(user=user, name="ci")
    builds = ["/", "/builds/", *(f"/builds/{build.id}/#{tab}" for tab in TABS), f"/builds/{failed.id}/"]
    builds += [f"/builds/{under_way.id}/", f"/builds/{build.id}/fork/", f"/builds/{build.id}/delete/"]
    account = ["/usage/", spent(user), "/keys/", "/account/agent/", "/account/email/", "/account/sessions/"]
    account += ["/account/telegram/", "/account/webhooks/"]
    account += [f"/account/webhooks/{hook.pk}/", "/chat/", asked(user), "/approvals/"]
    return [*builds, *account, *remembered(user), "/memory/search/", "/memory/documents/"]


def test_pages_in_russian_fit_a_phone(open_page: OpenPage, operator: User) -> None:
    paths = addresses(operator)
    page = open_page("/login/", operator, width=PHONE, locale="ru-RU")
    for path in paths:
        visit(page, path)
        assert (path, page.get_attribute("html", "lang")) == (path, "ru")
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, PHONE)
        assert (path, standing_out(page)) == (path, [])
