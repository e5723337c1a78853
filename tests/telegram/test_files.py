"""Files and voice in a chat: kept, refused in words, context of the next build, heard as what was said."""

from collections.abc import Iterator
from typing import Any

import pytest

from agentsite.accounts.models import StorageUsage, User
from builds.models.build import Build
from builds.models.job import Job
from memory.models.attachment import Attachment
from memory.models.message import Message
from telegram_link import handling, inbox
from telegram_link.models import TelegramUser, UpdateInbox
from tests.attachments.sending import VOICE
from tests.stand_ins.transcription_server import TranscriptionServer
from tests.telegram.chatting import ADA, Phone, exchange

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


@pytest.fixture
def listener(settings: Any) -> Iterator[TranscriptionServer]:
    with TranscriptionServer(ROMAN) as server:
        settings.TRANSCRIPTION_BASE_URL = server.base_url
        yield server


def speaks(phone: Phone, content: bytes = VOICE) -> None:
    phone.api.sends_voice(phone.who, content)
    exchange(phone.api, builds=phone.builds)


def test_a_file_alone_is_kept_and_goes_into_the_next_build(linked: Phone) -> None:
    linked.builds = False
    linked.sends("spec.md", ROMAN.encode())
    assert "I keep “spec.md”. It goes into the next build" in linked.last.text
    assert not Job.objects.exists()
    linked.says("/build do what the file says").presses("Python")
    build = Build.objects.get()
    assert build.requirements == "do what the file says"
    assert list(build.attachments.values_list("name", "attachment__source")) == [("spec.md", "telegram")]


def test_with_a_caption_the_caption_is_the_message(linked: Phone) -> None:
    linked.sends("spec.md", ROMAN.encode(), caption="Build what this file says.")
    message = Message.objects.get(role="user", content="Build what this file says.")
    assert [file.name for file in message.attachments.all()] == ["spec.md"]
    assert Job.objects.get().trigger_message == message


def test_a_file_may_bring_a_command_along(linked: Phone) -> None:
    linked.builds = False
    linked.sends("spec.md", ROMAN.encode(), caption="/build as it says")
    linked.presses("Python")
    assert Build.objects.get().attachments.get().name == "spec.md"


def test_a_file_answers_the_question_of_the_bot_with_its_caption(linked: Phone) -> None:
    linked.builds = False
    linked.says("/build")
    linked.sends("spec.md", ROMAN.encode(), caption="As it says")
    linked.presses("Python")
    build = Build.objects.get()
    assert (build.requirements, build.attachments.count()) == ("As it says", 1)


@pytest.mark.parametrize(
    ("name", "content", "more", "words"),
    [
        ("film.avi", b"x", {"size": 21_000_000}, "20 MB"),
        ("nothing.txt", b"", {}, "empty"),
        ("sound.xyz", b"\x00\xff\xfe\x81", {}, "This kind of file is not taken"),
    ],
)
def test_what_is_not_taken_is_refused_in_words(
    name: str, content: bytes, more: dict[str, Any], words: str, linked: Phone
) -> None:
    linked.sends(name, content, caption="/build it", **more)
    assert words in linked.last.text
    assert not Attachment.objects.exists()
    assert not Build.objects.exists()


def test_a_full_storage_is_told(linked: Phone, owner: User) -> None:
    StorageUsage.objects.update_or_create(user=owner, defaults={"bytes_used": owner.storage_quota_mb * 1_000_000})
    linked.sends("spec.md", b"words")
    assert "Your storage is full" in linked.last.text
    assert not Attachment.objects.exists()


def test_the_same_update_twice_stores_one_file(linked: Phone) -> None:
    linked.api.sends_file(ADA, "spec.md", b"words", "text/plain")
    inbox.store(linked.api.pending_updates)
    handling.handle_waiting()
    UpdateInbox.objects.update(handled_at=None)
    TelegramUser.objects.update(window_count=0)
    handling.handle_waiting()
    assert Attachment.objects.count() == 1
    assert Message.objects.filter(role="user").count() == 1
    assert len(linked.api.calls_of("getFile")) == 1


def test_the_same_file_in_two_messages_is_two(linked: Phone) -> None:
    linked.builds = False
    linked.sends("a.txt", b"words")
    linked.sends("a.txt", b"words")
    assert Attachment.objects.exclude(message=None).count() == 2


def test_an_album_is_answered_once(linked: Phone) -> None:
    linked.builds = False
    for name in ("a.txt", "b.txt"):
        linked.api.sends_file(ADA, name, b"words", "text/plain")
    updates = [dict(each) for each in linked.api.pending_updates[-2:]]
    for update in updates:
        update["message"]["media_group_id"] = "77"
    inbox.store(updates)
    handling.handle_waiting()
    linked.says("/build a program").presses("Python")
    assert sum("I keep these files" in text for text in linked.texts) == 1
    assert Build.objects.get().attachments.count() == 2


def test_a_voice_note_is_heard_shown_and_goes_to_the_agent(linked: Phone, listener: TranscriptionServer) -> None:
    speaks(linked)
    assert any(text.startswith("I heard: “Write a Python function to_roman") for text in linked.texts)
    linked.presses("Approve")
    assert Build.objects.get().verification == "verified"
    assert len(listener.recordings) == 1


def test_without_anybody_who_listens_a_voice_note_is_kept_and_it_says_so(linked: Phone) -> None:
    speaks(linked)
    assert "the operator has connected no transcription" in linked.last.text
    assert Attachment.objects.get().message is not None
    assert not Job.objects.exists()


def test_silence_is_told(linked: Phone, listener: TranscriptionServer) -> None:
    listener.text = ""
    speaks(linked)
    assert "Nothing was heard" in linked.last.text


def test_whoever_is_not_linked_stores_nothing(phone: Phone) -> None:
    phone.sends("spec.md", b"words")
    assert "First link this chat" in phone.last.text
    assert not phone.api.calls_of("getFile")
