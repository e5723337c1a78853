"""Sockets, streams, webhooks and vectors: what is open, what was sent, and what went wrong."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator

from agentsite.accounts import keys
from agentsite.accounts.models import Scope, User
from builds.routing import websocket_urlpatterns
from builds.webhooks import delivery, services
from memory.index import Entry, IndexAway, MemoryIndex, Where
from memory.measures import MeasuredIndex
from tests import factories
from tests.flows.reading import reading
from tests.measuring import Counted
from tests.stand_ins.webhook_receiver import Receiver, status

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
OF_BUILD = {"of": "build"}


async def test_a_socket_counts_while_it_is_open_and_by_what_it_is_sent(owner: User) -> None:
    build = await database_sync_to_async(factories.submitted)(owner)
    socket = {"door": "socket", **OF_BUILD}
    is_open, told = Counted("agentsite_watchers_open", **socket), Counted("agentsite_watchers_messages_total", **socket)
    resets = Counted("agentsite_watchers_messages_total", **socket, type="reset")
    page = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/builds/{build.id}/?after=77")
    page.scope["user"] = owner
    assert (await page.connect())[0]
    assert (await page.receive_json_from(timeout=5))["type"] == "reset"
    assert (is_open.more, told.more, resets.more) == (1, 1, 1)
    await page.disconnect()
    assert is_open.more == 0


async def test_a_socket_that_was_refused_was_never_open(owner: User) -> None:
    is_open = Counted("agentsite_watchers_open")
    page = WebsocketCommunicator(URLRouter(websocket_urlpatterns), f"/ws/builds/{uuid4()}/")
    page.scope["user"] = owner
    await page.connect()
    await page.receive_output(timeout=5)
    await page.disconnect()
    assert is_open.more == 0


@pytest.mark.parametrize(("answer", "outcome"), [(status(204), "delivered"), (status(500), "answer.refused")])
def test_an_attempt_to_deliver_counts_with_its_outcome(owner: User, settings: Any, answer: Any, outcome: str) -> None:
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost"]
    attempts = Counted("agentsite_webhook_attempts_total", outcome=outcome)
    with Receiver(answer) as receiver:
        services.create_endpoint(user=owner, url=receiver.url, kinds=["build.submitted"])
        factories.submitted(owner)
        delivery.deliver_due()
    assert attempts.more == 1


class Away(MemoryIndex):
    """An index that can't be asked."""

    def query(self, *_: object) -> list[Any]:
        """Say so."""
        raise IndexAway("memory.index.unreachable")


def test_the_vector_index_counts_what_it_does_and_what_it_cannot() -> None:
    np = pytest.importorskip("numpy")
    index, vector = MeasuredIndex(MemoryIndex(2)), np.array([1.0, 0.0], dtype="float32")
    counts = {name: Counted("agentsite_vector_seconds_count", operation=name) for name in ("upsert", "query", "delete")}
    entry = Entry(uuid4(), "mine", "1", "", vector)
    index.add([entry])
    assert [match.id for match in index.query(vector, Where(("1",), ("mine",)), 5)] == [entry.id]
    index.delete([entry.id])
    assert {name: count.more for name, count in counts.items()} == dict.fromkeys(counts, 1)
    failures = Counted("agentsite_vector_failures_total", operation="query", code="memory.index.unreachable")
    with pytest.raises(IndexAway):
        MeasuredIndex(Away(2)).query(vector, Where(("1",), ("mine",)), 5)
    assert (failures.more, counts["query"].more) == (1, 1)


async def test_a_stream_counts_while_it_is_read(owner: User) -> None:
    build = await database_sync_to_async(factories.submitted)(owner)
    key = await database_sync_to_async(keys.create_api_key)(user=owner, name="p", scopes=[Scope.BUILDS_READ])
    is_open = Counted("agentsite_watchers_open", door="stream", **OF_BUILD)
    events = Counted("agentsite_watchers_messages_total", door="stream", **OF_BUILD, type="event")
    path = f"/api/v1/builds/{build.id}/events/stream/"
    async with reading(path, authorization=f"Bearer {key.secret}", accept="text/event-stream") as reader:
        assert await reader.numbers(1) == [1]
        assert is_open.more == 1
    assert events.more >= 1
    for _ in range(100):
        await asyncio.sleep(0.02 if is_open.more else 0)
    assert is_open.more == 0
