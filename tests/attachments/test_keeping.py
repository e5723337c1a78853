"""Files are kept, said with a message, read once, and give their room back whichever way they go."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from django.utils import timezone

from agentsite.accounts import closing, storage
from agentsite.accounts.models import StorageUsage, User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds.attachments import taking
from builds.storage import recount
from memory import conversations, retention
from memory.attachments import selectors
from memory.attachments import services as attachments
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment, AttachmentContent
from memory.models.conversation import Conversation
from memory.models.message import Message

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
CODE = b"def double(number):\n    return 2 * number\n"


def kept(user: User, content: bytes = CODE, **more: str) -> Attachment:
    return attachments.store(user=user, name=more.pop("name", "code.py"), content=content, source="api", **more)


def opened(user: User) -> Conversation:
    return conversations.open_conversation(user=user, platform="api")[0]


def said(conversation: Conversation, files: Sequence[Attachment], content: str = "Look") -> Message:
    message, _ = conversations.append_message(conversation=conversation, role="user", content=content)
    attachments.take_along(message, [file.pk for file in files])
    return message


def used(user: User) -> int:
    return StorageUsage.objects.get(user=user).bytes_used


def test_a_file_is_its_owners_and_counts_in_their_storage(owner: User, stranger: User) -> None:
    file = kept(owner, name="C:\\temp\\../cod\u202ee.py")
    assert (file.name, file.family, file.size) == ("code.py", "text", len(CODE))
    assert selectors.content_of(file) == CODE
    assert used(owner) == len(CODE)
    assert selectors.find(owner, file.pk) == file
    assert selectors.find(stranger, file.pk) is None
    attachments.delete(user=stranger, attachment=file)
    assert used(owner) == len(CODE)
    attachments.delete(user=owner, attachment=file)
    attachments.delete(user=owner, attachment=file)
    assert (used(owner), AttachmentContent.objects.count()) == (0, 0)
    assert AuditLog.objects.filter(action="attachment.deleted").count() == 1


def test_one_that_does_not_fit_is_not_kept(owner: User) -> None:
    User.objects.filter(pk=owner.pk).update(storage_quota_mb=0)
    with pytest.raises(AppError, match=r"quota\.storage"):
        kept(owner)
    assert not Attachment.objects.exists()


def test_the_same_sending_is_kept_once(owner: User, stranger: User) -> None:
    first = kept(owner, platform_file_id="42:7:abc")
    assert kept(owner, platform_file_id="42:7:abc") == first
    assert kept(stranger, platform_file_id="42:7:abc") != first
    assert kept(owner) != kept(owner)
    assert used(owner) == 3 * len(CODE)


def test_a_message_takes_only_its_authors_files_and_each_once(owner: User, stranger: User) -> None:
    conversation, file, foreign = opened(owner), kept(owner), kept(stranger)
    message = said(conversation, [file])
    assert [one.message_id for one in taking.waiting_in(conversation)] == [message.pk]
    meta = MessageArtifact.objects.get()
    assert (meta.kind, meta.message, meta.content_json["sha256"]) == ("file_meta", message, file.sha256)
    for wrong in ([file], [foreign], [kept(owner) for _ in range(11)]):
        with pytest.raises(AppError, match=r"request\.invalid"):
            said(conversation, wrong)


def test_what_was_read_first_stays_and_belongs_to_the_message_too(owner: User) -> None:
    file = kept(owner)
    assert selectors.unread([file]) == [file]
    first = attachments.write_down(file, "tool_result", {"kind": "text"}, "a\0b")
    again = attachments.write_down(file, "tool_result", {"kind": "other"}, "c")
    assert first == again
    assert MessageArtifact.objects.get().text == "ab"
    assert selectors.unread([file]) == []
    message = said(opened(owner), [file])
    assert set(message.artifacts.values_list("kind", flat=True)) == {"file_meta", "tool_result"}


def test_a_long_text_is_cut_and_the_cut_is_told(owner: User) -> None:
    artifact = attachments.write_down(kept(owner), "tool_result", {}, "x" * 200_001)
    assert artifact is not None
    assert (len(artifact.text), artifact.content_json) == (200_000, {"is_cut": True})


def test_why_a_file_could_not_be_read_stands_with_its_facts(owner: User) -> None:
    file = kept(owner)
    message = said(opened(owner), [file])
    attachments.write_all_down(file, {}, unread="It took too long.")
    assert message.artifacts.get().content_json["unread"] == "It took too long."
    assert selectors.unread([file]) == []


def test_room_is_given_back_with_the_message_the_conversation_and_the_time(owner: User) -> None:
    first, second = opened(owner), opened(owner)
    said(first, [kept(owner), kept(owner)])
    said(second, [kept(owner)])
    assert used(owner) == 3 * len(CODE)
    conversations.delete_conversation(user=owner, conversation=first)
    assert used(owner) == len(CODE)
    Message.objects.update(created_at=timezone.now() - timedelta(days=4_000))
    retention.delete_old()
    assert (used(owner), Attachment.objects.count(), AttachmentContent.objects.count()) == (0, 0, 0)
    assert storage.take(owner.pk, 1)


def test_an_account_takes_its_files_along(owner: User, stranger: User) -> None:
    said(opened(owner), [kept(owner)])
    kept(owner)
    mine = kept(stranger)
    closing.close_account(user=owner, typed_name=owner.get_username())
    assert list(Attachment.objects.all()) == [mine]


def test_a_recount_counts_files_too(owner: User) -> None:
    kept(owner)
    StorageUsage.objects.update(bytes_used=7)
    assert recount(owner.pk)
    assert used(owner) == len(CODE)
