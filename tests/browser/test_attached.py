"""Files in the browser: chosen on the start page, shown on the page of a build."""

from typing import Any

import pytest

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from tests import factories
from tests.attachments.sending import kept

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser]


def is_within_the_width(page: Any) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"))


def own_complaints(page: Any) -> list[str]:
    """Return the browser's errors but those about the form that is refused, and about sockets: this server has none."""
    return [each for each in page.complaints if "WebSocket" not in each and "400 (Bad Request)" not in each]


def test_a_file_is_chosen_survives_a_mistake_and_stands_on_the_page(open_page: Any, owner: User) -> None:
    page = open_page("/", owner, width=390, theme="dark")
    page.set_input_files("#id_uploads", [{"name": "notes.txt", "mimeType": "text/plain", "buffer": b"words"}])
    page.click("text=Name, background, tags, budget")
    page.fill("#id_budget_usd", "-1")
    page.fill("#id_requirements", "Roman numerals")
    page.click("form.start-form button.primary")
    page.wait_for_selector("#kept-files input:checked")
    assert is_within_the_width(page)
    page.fill("#id_budget_usd", "")
    page.click("form.start-form button.primary")
    page.wait_for_selector("#came-with")
    assert Build.objects.get().attachments.get().name == "notes.txt"
    assert own_complaints(page) == []


def test_what_was_read_unfolds_on_a_phone(open_page: Any, owner: User) -> None:
    build = factories.submitted(owner, attachments=[kept(owner, f"{'long-name-' * 15}.txt").pk, kept(owner).pk])
    BuildAttachment.objects.filter(place=1).update(text="x" * 3_000, read_at="2026-11-30T00:00:00Z")
    BuildAttachment.objects.filter(place=2).update(note="attachments.unreadable", read_at="2026-11-30T00:00:00Z")
    page = open_page(build.get_absolute_url(), owner, width=390)
    page.click("#came-with > summary")
    page.click("#came-with-1 > summary")
    assert page.is_visible("#came-with-1 pre")
    assert is_within_the_width(page)
    assert own_complaints(page) == []
