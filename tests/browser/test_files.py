"""Files in the chat, in a browser: chosen, sent, folded open, and deleted after a question."""

from pathlib import Path
from typing import Any

import pytest

from agentsite.accounts.models import User
from memory.attachments import services as attachments
from memory.models.attachment import Attachment
from tests.attachments import samples
from tests.browser.conftest import DESKTOP, PHONE, OpenPage
from tests.browser.test_pages import violations

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def is_fine(page: Any, width: int) -> None:
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert [each for each in page.complaints if "WebSocket" not in each] == []  # this server has none


@pytest.mark.parametrize(("width", "theme"), [(DESKTOP, "light"), (PHONE, "dark")])
def test_files_are_sent_with_a_message_and_shown_below_it(
    open_page: OpenPage, owner: User, tmp_path: Path, width: int, theme: str
) -> None:
    page = open_page("/chat/", owner, width=width, theme=theme)
    is_fine(page, width)
    page.set_input_files("input[type=file]", _files(tmp_path))
    page.fill("textarea", "What does this do?")
    page.click("button:text-is('Begin')")
    page.wait_for_url("**/chat/*/")
    _read()
    page.reload()
    page.click("summary:has-text('Read')")
    assert "return 2 * number" in page.inner_text(".build-card[id^=file-] details[open] .pre")
    is_fine(page, width)
    page.screenshot(path=tmp_path / "files.png", full_page=True)
    page.click("button[aria-label='Delete code.py']")
    page.click("dialog[open] button:text-is('Delete the file')")
    page.wait_for_selector(".toast:has-text('code.py')")
    assert Attachment.objects.count() == 2
    assert page.locator(".build-card[id^=file-]").count() == 2


def _files(folder: Path) -> list[str]:
    made = {"code.py": samples.CODE, f"{'long-name-' * 12}.png": samples.photo_of_code(), "note.ogg": samples.ogg()}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    return [str(folder / name) for name in made]


def _read() -> None:
    """Do what a worker does."""
    code, photo, voice = Attachment.objects.order_by("id")
    attachments.write_down(code, "tool_result", {}, samples.CODE.decode())
    attachments.write_all_down(photo, {"image_json": ({}, ""), "ocr_text": ({}, "def fizzbuzz(number):")})
    attachments.write_all_down(voice, {}, unread="attachments.timeout")
