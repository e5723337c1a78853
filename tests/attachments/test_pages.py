"""Files on the pages of the chat: sent with a message, shown below it, saved and deleted, without scripts too."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agentsite.accounts.models import StorageUsage, User
from memory.attachments import services as attachments
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from memory.models.message import Message
from tests.attachments import samples

pytestmark = pytest.mark.django_db
TOKEN = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def sent(client: Client, *files: bytes, where: str = "/chat/", content: str = "Look", **more: str) -> Any:
    uploads = [SimpleUploadedFile(f"{place}<b>.py", file) for place, file in enumerate(files)]
    return client.post(where, {"content": content, "uploads": uploads, **more})


def test_a_conversation_begins_with_files(person: Client, owner: User) -> None:
    answer = sent(person, samples.CODE, samples.png(), content="", token=TOKEN)
    assert answer.status_code == 302
    assert Conversation.objects.get().title == "0<b>.py, 1<b>.py"
    page = person.get(answer["Location"]).content.decode()
    assert "0&lt;b&gt;.py" in page
    assert "0<b>.py" not in page
    assert "3 × 2" in page
    assert "not read yet" in page


def test_the_same_form_sent_twice_is_one_message_with_its_files(person: Client) -> None:
    first, again = (sent(person, samples.CODE, token=TOKEN) for _ in range(2))
    assert first["Location"] == again["Location"]
    assert (Message.objects.count(), Attachment.objects.count()) == (1, 1)


def test_when_one_file_is_refused_nothing_is_said_and_its_name_is_told(person: Client) -> None:
    where = sent(person, samples.CODE, token=TOKEN)["Location"]
    answer = sent(person, samples.CODE, samples.png() + b"<?php", where=where)
    assert answer.status_code == 400
    assert "1&lt;b&gt;.py: This file is several kinds at once" in answer.content.decode()
    assert (Message.objects.count(), Attachment.objects.count()) == (1, 1)
    assert sent(person, *[samples.CODE] * 11, where=where).status_code == 400


def test_what_was_read_is_shown_folded_and_escaped_and_why_not(person: Client) -> None:
    where = sent(person, samples.CODE, samples.CODE, token=TOKEN)["Location"]
    read, unread = Attachment.objects.order_by("id")
    attachments.write_down(read, "tool_result", {}, "<script>alert(1)</script>")
    attachments.write_all_down(unread, {}, unread="attachments.timeout")
    page = person.get(where).content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert "Reading this file took too long." in page
    history = person.get(where.replace("/chat/", "/memory/history/")).content.decode()
    assert "&lt;script&gt;alert(1)" in history


def test_the_copy_of_a_conversation_names_its_files(person: Client) -> None:
    where = sent(person, samples.CODE, token=TOKEN)["Location"]
    copy = json.loads(b"".join(person.get(f"{where}export/").streaming_content))  # type: ignore[attr-defined]
    assert [file["name"] for file in copy["messages"][0]["attachments"]] == ["0<b>.py"]


def test_a_file_is_saved_and_deleted_from_the_page(person: Client, owner: User) -> None:
    where = sent(person, samples.CODE, token=TOKEN)["Location"]
    file = Attachment.objects.get()
    saved = person.get(f"/memory/files/{file.pk}/")
    assert (saved.content, saved["Content-Disposition"][:10]) == (samples.CODE, "attachment")
    answer = person.post(f"/memory/files/{file.pk}/delete/", {"next": where})
    assert answer["Location"] == where
    assert person.post(f"/memory/files/{file.pk}/delete/", {"next": "https://example.org"}).status_code == 404
    assert (Attachment.objects.count(), StorageUsage.objects.get(user=owner).bytes_used) == (0, 0)
    assert "code.py" not in person.get(where).content.decode()
