"""Why a conversation's stream ends."""

import asyncio
import json
from collections.abc import Callable
from contextlib import aclosing

import pytest
from channels.db import database_sync_to_async as in_thread
from django.contrib.sessions.models import Session
from django.test import Client

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, Scope, User
from builds.chat_streams import ChatStream
from builds.viewers import Viewer
from memory import conversations
from memory.models.conversation import Conversation
from tests.talking.conversing import opened
from tests.talking.test_api_stream import archive, nothing_is_left

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
End = Callable[[Conversation], object]


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return opened(owner)


def delete(conversation: Conversation) -> None:
    conversations.delete_conversation(user=conversation.user, conversation=conversation)


def revoke(_: Conversation) -> None:
    keys.revoke_api_key(user=ApiKey.objects.get().user, key=ApiKey.objects.get())


def narrow(_: Conversation) -> None:
    ApiKey.objects.update(scopes=[Scope.BUILDS_READ])


def shut_out(_: Conversation) -> None:
    User.objects.update(is_active=False)


def log_out(_: Conversation) -> None:
    Session.objects.all().delete()


@pytest.mark.parametrize(
    ("end", "reason"),
    [(archive, "archived"), (delete, "deleted"), (revoke, "access"), (narrow, "access"), (shut_out, "access")],
)
async def test_a_stream_says_why_it_ends(conversation: Conversation, owner: User, end: End, reason: str) -> None:
    key = (await in_thread(keys.create_api_key)(user=owner, name="program")).key
    assert await ended(Viewer(owner.pk, api_key_id=key.pk), conversation, end) == reason


async def test_a_session_that_ends_ends_its_stream(conversation: Conversation, owner: User) -> None:
    browser = Client()
    await in_thread(browser.force_login)(owner)
    viewer = Viewer(owner.pk, session_key=browser.cookies["sessionid"].value)
    assert await ended(viewer, conversation, log_out) == "access"


async def ended(viewer: Viewer, conversation: Conversation, end: End) -> str:
    """Follow impatiently, let something end it, and return the reason that was told."""
    stream = ChatStream(viewer, conversation, 0, heartbeat=0.05, check=0)
    async with aclosing(aiter(stream)) as pieces, asyncio.timeout(30):
        assert [await anext(pieces) for _ in range(3)] == [b"retry: 3000\n\n", *[b": still there\n\n"] * 2]
        await in_thread(end)(conversation)
        last = [piece async for piece in pieces][-1].decode()
    await nothing_is_left()
    assert "event: end\n" in last
    reason: str = json.loads(last.partition("data: ")[2])["reason"]
    return reason
