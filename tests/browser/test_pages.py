"""The pages in a real browser: accessible, within their weight, usable by keyboard, quiet in the console."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, User
from builds import services
from builds.models.build import Build
from builds.models.usage import TokenUsage
from builds.models.webhook import WebhookDelivery, WebhookEndpoint
from builds.webhooks import services as webhooks
from memory import conversations, facts, memories
from tests import factories
from tests.browser.conftest import DESKTOP, PHONE, OpenPage, visit

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TABS = ("output", "files", "tests", "changes", "analysis", "evidence", "memory", "events")
ACCOUNT = [f"/account/{page}/" for page in ("email", "password/change", "two-factor", "sessions", "activity")]
MOST_BYTES = 100_000
RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def violations(page: Any) -> list[tuple[str, str]]:
    found = Axe().run(page, options=RULES).response["violations"]
    return [(each["id"], node["html"][:200]) for each in found for node in each["nodes"]]


def remembered(user: User) -> list[str]:
    """Fill somebody's memory; return its pages."""
    long = "a_name_that_never_ends_" * 8
    for key in ("style", long):
        memories.propose(user=user, memory_type="learning", key=key, value={"indent": 4, "why": long})
    kept, _ = memories.remember(user=user, memory_type="preference", key="language", value="Python\n" + long)
    fact = facts.add_fact(user=user, fact_text=f"Our servers run {long}.", source=long)
    conversation, _ = conversations.open_conversation(user=user, platform="telegram", title=long)
    for role in ("user", "assistant"):
        conversations.append_message(conversation=conversation, role=role, content=f"Hello\n{long}", model_used=long)
    talk = f"/memory/history/{conversation.pk}/"
    own = [f"/memory/{kept.pk}/", f"/memory/facts/{fact.pk}/", "/memory/history/", "/memory/history/?q=hello", talk]
    return ["/memory/", *own]


def spent(user: User) -> str:
    """Let somebody have called models with long names; return the page that says so."""
    for number, scope in enumerate(("reactive", "proactive")):
        names = {"provider": "openai", "model": f"{scope}-model-" * 15, "call_key": f"{user.pk}:{scope}"}
        tokens = {"tokens_input": 1_000, "tokens_output": number, "tokens_total": 1_000 + number}
        TokenUsage.objects.create(user=user, scope=scope, has_price=not number, cost_usd=1 - number, **names, **tokens)
    return "/usage/ledger/?provider=openai"


@pytest.mark.parametrize(
    ("theme", "width"),
    [
        ("light", DESKTOP),
        ("dark", PHONE),
        pytest.param("dark", DESKTOP, marks=pytest.mark.thorough),
        pytest.param("light", PHONE, marks=pytest.mark.thorough),
    ],
)
def test_every_page_is_accessible(open_page: OpenPage, operator: User, theme: str, width: int) -> None:
    hook = webhooks.create_endpoint(user=operator, url="https://example.org/hook", kinds=["build.completed"]).endpoint
    build, failed = factories.completed(operator, verification="partly"), factories.failed(operator, node="repair")
    WebhookDelivery.objects.update(attempts=1, error="answer.refused", answer_status=500, answer_body="no " * 500)
    keys.create_api_key(user=operator, name="ci")
    begun = [
        "/",
        "/builds/",
        "/usage/",
        "/usage/statistics/",
        spent(operator),
        "/keys/",
        *ACCOUNT,
        f"/builds/{failed.id}/",
        f"/builds/{failed.id}/fork/",
    ]
    begun += ["/account/webhooks/", f"/account/webhooks/{hook.pk}/"]
    begun += remembered(operator)
    paths = [*begun, *(f"/builds/{build.id}/#{tab}" for tab in TABS)]
    page = open_page("/", operator, theme=theme, width=width)
    for path in paths:
        visit(page, path)
        assert (path, violations(page)) == (path, [])
        assert (path, page.evaluate("document.documentElement.scrollWidth")) == (path, width)
        assert (path, page.complaints) == (path, [])


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/login/", "/account/signup/", "/account/password/reset/"])
def test_the_pages_before_the_login_are_accessible(
    open_page: OpenPage, settings: Any, db: None, theme: str, path: str
) -> None:
    settings.SIGNUP = "open"
    page = open_page(path, theme=theme, width=PHONE)
    assert (violations(page), page.complaints) == ([], [])


@pytest.mark.parametrize("path", ["/", "/builds/", "build"])
def test_a_page_needs_less_than_100_kb_of_styles_and_scripts(open_page: OpenPage, operator: User, path: str) -> None:
    build = factories.completed(operator)
    page = open_page(f"/builds/{build.id}/" if path == "build" else path, operator)
    sizes = page.evaluate(
        "performance.getEntriesByType('resource').filter(e => /[.](css|js)$/.test(e.name)).map(e => e.decodedBodySize)"
    )
    assert len(sizes) >= 3
    assert sum(sizes) < MOST_BYTES


def test_a_webhook_is_made_shows_its_secret_once_and_is_deleted_by_its_dialog(
    open_page: OpenPage, operator: User
) -> None:
    page = open_page("/account/webhooks/", operator)
    page.fill("#id_url", "https://example.org/hook")
    page.click("text=Make the webhook")
    assert page.inner_text("#secret").startswith("agsw_")
    endpoint = WebhookEndpoint.objects.get()
    page.goto(f"{page.url}{endpoint.pk}/")
    assert page.locator("#secret").count() == 0
    page.click("text=Delete >> nth=0")
    page.click("text=Keep it")
    assert WebhookEndpoint.objects.exists()
    page.click("text=Delete >> nth=0")
    page.click("text=Delete the webhook")
    page.wait_for_url("**/account/webhooks/")
    assert not WebhookEndpoint.objects.exists()
    assert page.complaints == []


def test_a_key_is_made_shown_once_and_revoked_by_its_dialog(open_page: OpenPage, operator: User) -> None:
    page = open_page("/keys/", operator)
    page.fill("#id_name", "ci")
    page.click("text=Make the key")
    assert keys.find_key(page.inner_text("#secret")) == ApiKey.objects.get()
    page.goto(page.url)
    assert page.locator("#secret").count() == 0
    page.click("text=Revoke >> nth=0")
    page.click("text=Keep it")
    assert ApiKey.objects.get().is_active
    page.click("text=Revoke >> nth=0")
    page.click("text=Revoke the key")
    page.wait_for_selector("text=revoked")
    assert not ApiKey.objects.get().is_active
    assert page.complaints == []


def test_the_request_field_and_one_click_start_a_build(browser_page: Any) -> None:
    browser_page.keyboard.press("/")
    browser_page.keyboard.type("Roman numerals")
    browser_page.click("text=Build it >> nth=0")
    browser_page.wait_for_url("**/builds/*/")
    assert Build.objects.get().requirements == "Roman numerals"


def test_a_suggestion_starts_a_build_with_one_click(browser_page: Any) -> None:
    browser_page.click(".suggestion .button >> nth=0")
    browser_page.wait_for_url("**/builds/*/")
    assert Build.objects.get().project_name == "Roman numerals"


def test_tabs_follow_arrow_keys_and_the_address(open_page: OpenPage, owner: User) -> None:
    build = factories.completed(owner)
    page = open_page(f"/builds/{build.id}/#tests", owner)
    assert page.get_attribute("#tab-tests", "aria-selected") == "true"
    page.focus("#tab-tests")
    page.keyboard.press("ArrowRight")
    assert page.is_visible("#changes")
    assert not page.is_visible("#tests")
    assert page.url.endswith("#changes")


def test_a_build_opens_at_its_verdict_on_a_phone(open_page: OpenPage, owner: User) -> None:
    page = open_page(f"/builds/{factories.completed(owner).id}/", owner, width=PHONE)
    assert page.evaluate("window.scrollY") == 0
    page.click("#tab-evidence")
    assert page.evaluate("document.querySelector('#tab-evidence').getBoundingClientRect().right") <= PHONE


def test_another_file_and_attempt_are_shown_without_leaving_the_page(open_page: OpenPage, owner: User) -> None:
    page = open_page(f"/builds/{factories.completed(owner).id}/", owner)
    page.evaluate("window.stayed = true")
    page.click("#attempt-1")
    page.wait_for_selector("#code:has-text('\"I\" * number')")
    page.click(".tree a:has-text('test_roman.py')")
    page.wait_for_selector("#files .file-head code:has-text('test_roman.py')")
    assert page.evaluate("window.stayed")
    assert "attempt=1&path=test_roman.py" in page.url
    assert page.is_visible("#files")


def test_a_page_works_without_scripts(open_page: OpenPage, owner: User) -> None:
    page = open_page(f"/builds/{factories.completed(owner).id}/", owner, java_script_enabled=False)
    assert all(page.is_visible(f"#{tab}") for tab in TABS)
    assert page.is_visible("text=fresh sandbox run passed")


def test_cancelling_asks_first_and_names_the_build(open_page: OpenPage, owner: User) -> None:
    build = factories.submitted(owner, name="Roman")
    page = open_page(f"/builds/{build.id}/", owner)
    page.click("#cancel-button")
    assert "Roman" in page.inner_text("#cancel-title")
    page.click("#cancel-dialog .danger")
    page.wait_for_selector(".toast")
    build.refresh_from_db()
    assert build.status == "cancelled"


def test_a_lost_connection_is_said_and_the_page_still_follows(open_page: OpenPage, owner: User) -> None:
    build = factories.submitted(owner)
    page = open_page(f"/builds/{build.id}/", owner)  # this server has no sockets
    page.wait_for_selector("#connection:not([hidden])")
    services.cancel_build(user=owner, build=build)
    page.wait_for_selector("#summary [data-state=cancelled]", timeout=20_000)
    assert page.title().startswith("cancelled")
    assert page.is_hidden("#connection")


def test_a_refresh_keeps_what_was_opened_and_focused(open_page: OpenPage, owner: User) -> None:
    build, _claim = factories.running(owner)
    page = open_page(f"/builds/{build.id}/", owner)
    page.click("#output-blocks summary >> nth=0")
    page.focus("#cancel-button")
    factories.tell(build, "node.finished", {"duration_ms": 1}, node="repair")
    page.wait_for_selector("#count-events:text-is('15')", timeout=20_000)
    assert page.locator("#output-blocks details[open]").count() == 1
    assert page.evaluate("document.activeElement.id") == "cancel-button"


def test_the_theme_is_remembered(open_page: OpenPage, owner: User) -> None:
    page = open_page("/", owner)
    page.select_option("#theme-select", "dark")
    page.reload()
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_lists_are_walked_with_j_and_k_and_help_opens(open_page: OpenPage, owner: User) -> None:
    for name in ("First", "Second"):
        factories.submitted(owner, name=name)
    page = open_page("/builds/", owner)
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == "First"
    page.keyboard.press("?")
    assert page.is_visible("#help")


@pytest.mark.thorough  # it lays out every operation at once, for half a minute
def test_the_documents_of_the_api_show_every_operation(open_page: OpenPage, operator: User) -> None:
    page = open_page("/api/v1/docs/", operator)
    page.locator(".opblock").first.wait_for(timeout=10_000)
    assert page.locator(".opblock").count() >= 10
    assert page.complaints == []
