"""Conversations: one goes on in each chat, and nothing is stored in it twice."""

from decimal import Decimal
from typing import Any

import pytest

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from memory import artifacts, conversations
from memory.models.artifact import MessageArtifact
from memory.models.conversation import Conversation
from memory.models.message import Message

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def opened(user: User, chat_id: str = "42", **more: Any) -> Conversation:
    return conversations.open_conversation(user=user, platform="telegram", chat_id=chat_id, **more)[0]


def said(conversation: Conversation, content: str = "Hello", **more: Any) -> Message:
    return conversations.append_message(conversation=conversation, role="user", content=content, **more)[0]


def test_a_chat_goes_on_in_one_conversation_until_it_is_archived(owner: User, stranger: User) -> None:
    first = opened(owner, title="Work")
    assert opened(owner, title="ignored") == first
    assert opened(owner, "43") != first
    assert opened(stranger) != first
    conversations.change_conversation(user=owner, conversation=first, status="archived")
    second = opened(owner)
    assert second != first
    with pytest.raises(AppError, match=r"conversation\.another_active"):
        conversations.change_conversation(user=owner, conversation=first, status="active")
    conversations.change_conversation(user=owner, conversation=second, status="archived")
    assert conversations.change_conversation(user=owner, conversation=first, status="active").is_active


def test_without_a_chat_each_call_opens_another(owner: User) -> None:
    assert opened(owner, "") != opened(owner, "")


def test_messages_are_numbered_and_move_their_conversation(owner: User) -> None:
    conversation, other = opened(owner), opened(owner, "43")
    before = conversation.updated_at
    assert [said(conversation).seq, said(other).seq, said(conversation).seq] == [1, 1, 2]
    conversation.refresh_from_db()
    assert conversation.last_seq == 2
    assert conversation.updated_at > before


def test_the_same_message_sent_again_is_the_first_one(owner: User) -> None:
    conversation, other = opened(owner), opened(owner, "43")
    first = said(conversation, "first", platform_message_id="7")
    again, is_new = conversations.append_message(
        conversation=conversation, role="assistant", content="changed", platform_message_id="7"
    )
    assert (again.pk, again.content, is_new) == (first.pk, "first", False)
    assert said(other, platform_message_id="7").pk != first.pk
    assert said(conversation).seq == 2
    assert AuditLog.objects.filter(action="message.added").count() == 3


def test_all_that_is_known_of_a_message_is_kept(owner: User) -> None:
    message = said(
        opened(owner),
        author="A\u202eda\n",
        message_type="voice",
        language="en",
        intent="ask",
        model_used="cookbook:recipes",
        cost_usd=Decimal("0.25"),
        raw_payload={"text": "a\0b"},
        extra_metadata={"n": 1},
    )
    message.refresh_from_db()
    assert (message.author, message.cost_usd, message.raw_payload) == ("Ada", Decimal("0.25"), {"text": "a\ufffdb"})
    artifacts.attach(message=message, kind="voice_transcript", content={"text": "Hello"}, uri="file:1")
    assert MessageArtifact.objects.get().message == message
    with pytest.raises(AppError, match=r"request\.invalid"):
        artifacts.attach(message=message, kind="secret", content={})


def test_what_a_database_refuses_is_dropped_and_what_is_too_long_is_refused(owner: User) -> None:
    conversation = opened(owner)
    assert said(conversation, "a\0b\ud800\x1b").content == "ab?\x1b"
    assert said(conversation, "").content == ""
    for wrong in ({"content": "x" * 100_001}, {"cost_usd": -1}, {"extra_metadata": {"x": "y" * 20_000}}):
        with pytest.raises(AppError, match=r"request\.invalid"):
            said(conversation, **wrong)
    with pytest.raises(AppError, match=r"request\.invalid"):
        conversations.append_message(conversation=conversation, role="tool", content="x")
    with pytest.raises(TypeError, match="unknown"):
        said(conversation, colour="red")
    assert Message.objects.count() == 2


def test_nothing_is_said_where_nobody_listens(owner: User) -> None:
    conversation = opened(owner)
    said(conversation, platform_message_id="7")
    conversations.change_conversation(user=owner, conversation=conversation, status="archived")
    with pytest.raises(AppError, match=r"conversation\.archived"):
        said(conversation)
    assert said(conversation, platform_message_id="7").seq == 1
    conversations.delete_conversation(user=owner, conversation=conversation)
    conversations.delete_conversation(user=owner, conversation=conversation)
    with pytest.raises(AppError, match=r"request\.not_found"):
        said(conversation)
    assert not Message.objects.exists()
    assert AuditLog.objects.filter(action="conversation.deleted").count() == 1


def test_the_log_never_tells_what_was_said(owner: User) -> None:
    conversation = opened(owner, title="canary")
    said(conversation, "canary")
    conversations.change_conversation(user=owner, conversation=conversation, title="canary two")
    entries = AuditLog.objects.filter(resource_type="conversation")
    assert {entry.action for entry in entries} == {"conversation.opened", "message.added", "conversation.changed"}
    assert not [entry for entry in entries if "canary" in f"{entry.details} {entry.description}"]


def test_a_search_finds_messages_that_hold_all_words_of_ones_own(owner: User, stranger: User) -> None:
    wanted = said(opened(owner), "Leap years in Python")
    said(opened(owner), "Leap of faith")
    said(opened(stranger), "Leap years in Python")
    assert list(conversations.search_messages(owner, "python LEAP")) == [wanted]
    assert not conversations.search_messages(owner, " ").exists()
    assert not conversations.search_messages(owner, "100%").exists()


def test_a_search_looks_through_the_newest_only(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "SEARCHED", 2)
    conversation = opened(owner)
    for number in range(3):
        said(conversation, f"word {number}")
    assert [message.content for message in conversations.search_messages(owner, "word")] == ["word 2", "word 1"]


def test_who_may_only_read_says_nothing(viewer: User) -> None:
    with pytest.raises(AppError, match=r"request\.forbidden"):
        opened(viewer)
