"""Messages on the shelf of conversations: found again, with their conversation, and gone with it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from memory import conversations, memories, retention, retrieval, services
from memory.models.conversation import Conversation
from memory.models.memory import Memory
from memory.models.message import Message
from memory.models.vectors import VectorMemory, VectorTombstone
from memory.scope import Scope

pytestmark = pytest.mark.engine

SAID = "Please deploy the roman numeral service to the Zürich cluster on Friday."


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return conversations.open_conversation(user=owner, platform="web", chat_id="desk", title="Deployments")[0]


def say(conversation: Conversation, content: str, role: str = "user") -> None:
    conversations.append_message(conversation=conversation, role=role, content=content)


def test_what_was_said_is_found_with_its_conversation(owner: User, conversation: Conversation) -> None:
    say(conversation, SAID)
    hit = retrieval.search(Scope(owner.id, ("conversations",)), "which cluster, Zürich?")[0]
    assert (hit.text, hit.content_type, hit.conversation_id) == (SAID, "message", str(conversation.id))
    assert hit.source == f"conversation:{conversation.id}#1"


def test_the_same_said_twice_is_kept_twice_and_short_words_and_system_notes_are_not(conversation: Conversation) -> None:
    for content in (SAID, SAID, "yes"):
        say(conversation, content)
    say(conversation, SAID, role="system")
    assert VectorMemory.objects.count() == 2


def test_a_standing_wish_is_proposed_and_what_the_agent_says_is_not(owner: User, conversation: Conversation) -> None:
    say(conversation, "Thanks! From now on write docstrings in German.")
    say(conversation, "I always do what I can.", role="assistant")
    proposed = Memory.objects.get()
    assert (proposed.value, proposed.is_proposed) == ("From now on write docstrings in German.", True)
    assert memories.for_prompt(owner.id, 5) == []


def test_a_stranger_finds_nothing_of_it(stranger: User, conversation: Conversation) -> None:
    say(conversation, SAID)
    assert retrieval.search(Scope(stranger.id), SAID) == []


def test_a_deleted_conversation_leaves_memory_and_the_index(owner: User, conversation: Conversation) -> None:
    say(conversation, SAID)
    services.catch_up()
    conversations.delete_conversation(user=owner, conversation=conversation)
    assert not VectorMemory.objects.exists()
    assert services.catch_up().removed == 1


def test_messages_that_go_after_their_time_take_their_passages_along(conversation: Conversation) -> None:
    say(conversation, SAID)
    Message.objects.update(created_at=timezone.now() - timedelta(days=4_000))
    retention.delete_old()
    assert not VectorMemory.objects.exists()
    assert VectorTombstone.objects.count() == 1
