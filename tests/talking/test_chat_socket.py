"""The socket of a conversation: its owner is told of every change, and nobody else of any."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from agentsite.accounts import keys
from agentsite.accounts.models import User
from agentsite.asgi import application as whole
from builds import chat_consumer, tickets
from builds.approvals import services as approvals
from builds.chat_consumer import ChatConsumer
from builds.models.build import Build
from builds.routing import websocket_urlpatterns
from builds.runs import events, live
from memory import conversations
from memory.models.conversation import Conversation
from tests import factories
from tests.talking.conversing import opened, said, talked, waiting, work
from tests.talking.test_jobs import ROMAN

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
application = URLRouter(websocket_urlpatterns)


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return opened(owner)


def socket(conversation: Conversation, user: object) -> WebsocketCommunicator:
    communicator = WebsocketCommunicator(application, f"/ws/chat/{conversation.pk}/")
    communicator.scope["user"] = user
    return communicator


async def quiet(conversation: Conversation, user: User) -> WebsocketCommunicator:
    """Return a page that follows, after all that it is told at the beginning."""
    page = socket(conversation, user)
    assert (await page.connect())[0]
    assert await page.receive_json_from(timeout=5) == {"type": "changed"}
    await settled(page)
    return page


async def settled(page: WebsocketCommunicator) -> int:
    """Wait until nothing more comes; return how often something had changed, beside words that are just being said."""
    told = []
    while not await page.receive_nothing(timeout=3 * chat_consumer.TELL_EVERY):
        told.append((await page.receive_json_from())["type"])
    assert set(told) <= {"changed", "output"}
    return told.count("changed")


async def do(act: Callable[..., Any], *given: Any, **named: Any) -> Any:
    return await database_sync_to_async(act)(*given, **named)


async def closed_with(page: WebsocketCommunicator) -> int:
    await page.connect()
    message: dict[str, Any] = await page.receive_output()
    return int(message["code"])


def happen(build: Build, count: int = 1) -> None:
    for _ in range(count):
        with transaction.atomic():
            events.record(build.run_id, events.NewEvent("a.happened"))


async def test_the_owner_is_told_of_a_message_and_of_its_answer(conversation: Conversation, owner: User) -> None:
    page = await quiet(conversation, owner)
    await do(said, conversation, "Hello")
    assert await page.receive_json_from(timeout=5) == {"type": "changed"}
    await settled(page)
    await do(work)
    assert await settled(page) >= 1
    await page.disconnect()


async def test_the_owner_is_told_of_an_answer_from_another_door(conversation: Conversation, owner: User) -> None:
    await do(talked, conversation, ROMAN)
    approval = await do(waiting, owner)
    page = await quiet(conversation, owner)
    await do(approvals.answer, user=owner, approval=approval, approve=False, via="api")
    assert await page.receive_json_from(timeout=5) == {"type": "changed"}
    await page.disconnect()


async def test_steps_of_a_build_that_was_begun_meanwhile_are_told(conversation: Conversation, owner: User) -> None:
    page = await quiet(conversation, owner)
    build = await do(factories.submitted, owner)
    await do(Build.objects.filter(id=build.id).update, conversation=conversation)
    await do(happen, build)
    assert await settled(page) == 0  # it does not know of it
    await do(live.wake_conversation, conversation.pk)
    assert await settled(page) == 1
    await do(happen, build)
    assert await settled(page) == 1
    await page.disconnect()


async def test_what_has_ended_is_not_followed_any_longer(conversation: Conversation, owner: User) -> None:
    build = await do(factories.submitted, owner)
    await do(Build.objects.filter(id=build.id).update, conversation=conversation)
    page = await quiet(conversation, owner)
    await do(Build.objects.filter(id=build.id).update, conversation=None)
    await do(live.wake_conversation, conversation.pk)
    assert await settled(page) == 1
    await do(happen, build)
    assert await settled(page) == 0
    await page.disconnect()


async def test_many_changes_are_few_messages_and_the_last_is_not_lost(conversation: Conversation, owner: User) -> None:
    page = await quiet(conversation, owner)
    began = asyncio.get_running_loop().time()
    for _ in range(100):
        await do(live.wake_conversation, conversation.pk)
    seconds = asyncio.get_running_loop().time() - began
    count = await settled(page)
    assert 2 <= count <= 2 + seconds / chat_consumer.TELL_EVERY
    await page.disconnect()


async def test_only_what_is_written_for_people_is_passed_on(conversation: Conversation, owner: User) -> None:
    job = await do(said, conversation, "Hello")
    page = await quiet(conversation, owner)
    for node, text in (("read", '{"intent": "chat"}'), ("generate", "def f"), ("answer", "Hel"), ("answer", "lo")):
        await do(live.stream, job.run_id, node, text)
    assert await page.receive_json_from(timeout=5) == {"type": "output", "text": "Hel"}
    assert await page.receive_json_from(timeout=5) == {"type": "output", "text": "lo"}
    await page.disconnect()


async def test_somebody_elses_conversation_is_closed(
    conversation: Conversation, stranger: User, operator: User
) -> None:
    assert await closed_with(socket(conversation, stranger)) == 4404
    assert await closed_with(socket(conversation, operator)) == 4404


async def test_nobody_logged_in_is_closed(conversation: Conversation) -> None:
    assert await closed_with(socket(conversation, AnonymousUser())) == 4401


class Impatient(ChatConsumer):
    check_seconds = 0.05


async def test_it_is_closed_when_access_ends(conversation: Conversation, owner: User) -> None:
    page = WebsocketCommunicator(Impatient.as_asgi(), "/")
    page.scope |= {"user": owner, "url_route": {"kwargs": {"conversation_id": conversation.pk}}}
    await page.connect()
    await page.receive_json_from(timeout=5)
    await do(conversations.delete_conversation, user=owner, conversation=conversation)
    closed: dict[str, Any] = await page.receive_output(timeout=5)
    assert (closed["type"], closed["code"]) == ("websocket.close", 4401)
    await page.disconnect()


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
async def test_other_sites_open_nothing(conversation: Conversation, origin: str) -> None:
    headers = [(b"origin", origin.encode()), (b"host", b"localhost")]
    page = WebsocketCommunicator(whole, f"/ws/chat/{conversation.pk}/", headers=headers)
    assert not (await page.connect())[0]


async def test_a_builds_ticket_opens_no_conversation_from_elsewhere(conversation: Conversation, owner: User) -> None:
    page = WebsocketCommunicator(application, f"/ws/chat/{conversation.pk}/?ticket=x")
    page.scope |= {"user": owner, "ticket": "x"}
    assert not (await page.connect())[0]


@pytest.mark.parametrize("frame", ["not json", "[]", "{" * 1000])
async def test_whatever_a_page_sends_is_ignored(conversation: Conversation, owner: User, frame: str) -> None:
    page = await quiet(conversation, owner)
    await page.send_to(text_data=frame)
    await do(live.wake_conversation, conversation.pk)
    assert await page.receive_json_from(timeout=5) == {"type": "changed"}
    await page.disconnect()


async def test_nothing_is_left_when_the_page_leaves(conversation: Conversation, owner: User) -> None:
    page = await quiet(conversation, owner)
    await page.disconnect()
    await asyncio.sleep(0)
    assert not [task for task in asyncio.all_tasks() if "ChatConsumer._" in repr(task)]


async def test_a_program_follows_with_a_ticket_that_opens_once(conversation: Conversation, owner: User) -> None:
    make = database_sync_to_async(tickets.make_ticket)
    key = (await database_sync_to_async(keys.create_api_key)(user=owner, name="ci", scopes=["memory:read"])).key
    made = await make(user=owner, conversation=conversation, api_key=key)
    headers = [(b"host", b"localhost")]
    first, second = (WebsocketCommunicator(whole, made.path, headers=headers) for _ in range(2))
    assert (await first.connect(timeout=5))[0]
    assert await first.receive_json_from(timeout=5) == {"type": "changed"}
    assert not (await second.connect(timeout=5))[0]
    await first.disconnect()
