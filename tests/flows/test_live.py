"""The socket of a build: the same events in the same order for everybody, and none missed."""

import asyncio
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.contrib.auth.models import AnonymousUser
from django.db import transaction

from agentsite.accounts.models import User
from agentsite.origins import SameOriginOnly
from builds import services
from builds.models.build import Build
from builds.routing import websocket_urlpatterns
from builds.runs import events, live
from builds.tails import tails

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
application = URLRouter(websocket_urlpatterns)


@pytest.fixture
def build(owner: User) -> Build:
    return services.submit_build(user=owner, project_name="Roman", requirements="Roman numerals")


def socket(build: Build, user: object, query: str = "") -> WebsocketCommunicator:
    communicator = WebsocketCommunicator(application, f"/ws/builds/{build.id}/{query}")
    communicator.scope["user"] = user
    return communicator


@database_sync_to_async
def happen(build: Build, count: int) -> None:
    for _ in range(count):
        with transaction.atomic():
            events.record(build.run_id, events.NewEvent("a.happened"))


async def numbers(communicator: WebsocketCommunicator, count: int) -> list[int]:
    received: list[int] = []
    while len(received) < count:
        message: dict[str, Any] = await communicator.receive_json_from(timeout=5)
        if message["type"] == "event":
            received.append(message["event"]["seq"])
    return received


async def test_a_page_sees_what_was_and_what_comes(build: Build, owner: User) -> None:
    page = socket(build, owner)
    assert (await page.connect())[0]
    assert await numbers(page, 1) == [1]
    await happen(build, 3)
    assert await numbers(page, 3) == [2, 3, 4]
    await page.disconnect()


async def test_two_pages_see_the_same_events_in_the_same_order(build: Build, owner: User, operator: User) -> None:
    pages = [socket(build, owner), socket(build, operator)]
    for page in pages:
        await page.connect()
    await happen(build, 40)
    seen = await asyncio.gather(*(numbers(page, 41) for page in pages))
    assert seen == [list(range(1, 42))] * 2
    for page in pages:
        await page.disconnect()


async def test_a_page_that_comes_back_misses_none(build: Build, owner: User) -> None:
    page = socket(build, owner)
    await page.connect()
    await happen(build, 2)
    assert await numbers(page, 3) == [1, 2, 3]
    await page.disconnect()
    await happen(build, 700)
    back = socket(build, owner, "?after=3")
    await back.connect()
    assert await numbers(back, 700) == list(range(4, 704))
    await back.disconnect()


@pytest.mark.parametrize("query", ["?after=99", "?after=x", "?after=-1", "?after=", "?after=" + "9" * 40])
async def test_a_cursor_that_is_not_ours_is_answered_with_a_reset(build: Build, owner: User, query: str) -> None:
    page = socket(build, owner, query)
    await page.connect()
    assert await page.receive_json_from() == {"type": "reset", "last_seq": 1}
    await happen(build, 1)
    assert await numbers(page, 1) == [2]
    await page.disconnect()


async def test_output_is_passed_on(build: Build, owner: User) -> None:
    page = socket(build, owner, "?after=1")
    await page.connect()
    async with asyncio.timeout(5):
        while not tails._tails:  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.02)
    await database_sync_to_async(live.stream)(build.run_id, "generate", "def f")
    assert await page.receive_json_from() == {"type": "output", "node": "generate", "text": "def f"}
    await page.disconnect()


async def test_a_socket_that_ends_by_an_error_leaves_nothing_behind(build: Build, owner: User) -> None:
    page = socket(build, owner)
    await page.connect()
    assert await numbers(page, 1) == [1]
    await page.send_input({"type": "no.such.message"})
    with pytest.raises(ValueError, match="No handler"):
        await page.wait()
    await asyncio.sleep(0)
    assert tails._tails == {}
    left = [task for task in asyncio.all_tasks() if "_check_access" in repr(task) or "_follow" in repr(task)]
    if left:  # what was cancelled while it served a page takes some turns of the loop to end
        await asyncio.wait(left, timeout=5)
    assert all(task.done() for task in left)


async def closed_with(page: WebsocketCommunicator) -> int:
    await page.connect()
    message: dict[str, Any] = await page.receive_output()
    return int(message["code"])


async def test_somebody_elses_build_is_closed(build: Build, stranger: User) -> None:
    assert await closed_with(socket(build, stranger)) == 4404


async def test_nobody_logged_in_is_closed(build: Build) -> None:
    assert await closed_with(socket(build, AnonymousUser())) == 4401


@pytest.mark.parametrize("frame", ["not json", "[]", b"\x00\xff", "{" * 1000])
async def test_whatever_a_page_sends_is_ignored(build: Build, owner: User, frame: str | bytes) -> None:
    page = socket(build, owner, "?after=1")
    await page.connect()
    if isinstance(frame, bytes):
        await page.send_to(bytes_data=frame)
    else:
        await page.send_to(text_data=frame)
    await happen(build, 1)
    assert await numbers(page, 1) == [2]
    await page.disconnect()


async def test_nothing_is_left_when_the_last_page_leaves(build: Build, owner: User) -> None:
    page = socket(build, owner)
    await page.connect()
    await numbers(page, 1)
    await page.disconnect()
    assert build.run_id not in {run_id for run_id, _ in tails._tails}


def through(origin: str, host: str = "localhost:8000") -> Any:
    async def answer(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "websocket.accept"})

    headers = [(b"origin", origin.encode()), (b"host", host.encode())]
    return WebsocketCommunicator(SameOriginOnly(answer), "/ws/", headers=headers)


@pytest.mark.parametrize(
    ("origin", "is_let_in"),
    [
        ("http://localhost:8000", True),
        ("https://trusted.example", True),
        ("http://localhost:9999", False),
        ("https://localhost:8000", False),
        ("http://localhost", False),
        ("http://localhost:8000.evil.example", False),
        ("null", False),
        ("", False),
    ],
)
async def test_only_this_sites_pages_and_trusted_ones_open_sockets(settings: Any, origin: str, is_let_in: bool) -> None:  # noqa: FBT001  a table's column
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    settings.ALLOWED_HOSTS = ["localhost"]
    socket = through(origin)
    assert (await socket.connect())[0] is is_let_in
    await socket.disconnect()  # else it ends with the loop, in which Redis may not hear of it
