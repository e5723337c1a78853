"""Server-Sent Events of a build: what the sockets promise, for programs that speak plain HTTP."""

import asyncio
import json
import signal
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client
from django.utils import timezone

from agentsite.accounts import keys, quota
from agentsite.accounts.models import ApiKey, Scope, User
from agentsite.web import WebHandler
from builds import selectors, services, sharing, sse
from builds.models.build import Build
from builds.models.share import BuildShare
from builds.runs import events, live
from builds.streams import EventStream
from builds.tails import tails
from builds.viewers import Viewer
from tests import factories
from tests.flows.reading import reading, scope_of

End = Callable[[User, User], None]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]


@pytest.fixture
def build(owner: User) -> Build:
    return services.submit_build(user=owner, project_name="Roman", requirements="Roman numerals")


@pytest.fixture
def secret(owner: User) -> str:
    return keys.create_api_key(user=owner, name="program", scopes=[Scope.BUILDS_READ]).secret


def path_of(build: Build, query: str = "") -> str:
    return f"/api/v1/builds/{build.id}/events/stream/{query}"


def by(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}", "accept": "text/event-stream"}


@database_sync_to_async
def happen(build: Build, count: int = 1, kind: str = "a.happened") -> None:
    for _ in range(count):
        with transaction.atomic():
            events.record(build.run_id, events.NewEvent(kind))


async def say_again_and_again(build: Build, text: str) -> None:
    while True:
        await database_sync_to_async(live.stream)(build.run_id, "generate", text)
        await asyncio.sleep(0.2)


@transaction.atomic
def happen_at_once(build: Build, count: int) -> None:
    events.record(build.run_id, *(events.NewEvent("a.happened") for _ in range(count)))


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(15):
        while not is_so():  # noqa: ASYNC110  nobody tells of it
            await asyncio.sleep(0.02)


async def nothing_is_left() -> None:
    await until(lambda: not tails._tails and not len(sse.streams))
    await until(lambda: not [task for task in asyncio.all_tasks() if "builds" in repr(task)])


async def test_a_program_sees_what_was_and_what_comes_until_the_end(build: Build, owner: User, secret: str) -> None:
    async with reading(path_of(build), **by(secret)) as reader:
        assert await reader.numbers(1) == [1]
        await happen(build, 3)
        assert await reader.numbers(3) == [2, 3, 4]
        await database_sync_to_async(services.cancel_build)(user=owner, build=build)
        rest = await reader.until("end")
        assert [message.kind for message in rest] == ["build.cancelled", "end"]
        assert rest[-1].data == {"status": "cancelled"}
        assert await reader.next() is None
    await nothing_is_left()


async def test_the_headers_keep_everybody_on_the_way_from_waiting(build: Build, secret: str) -> None:
    async with reading(path_of(build), **by(secret)) as reader:
        assert reader.headers["content-type"] == "text/event-stream"
        assert (reader.headers["cache-control"], reader.headers["x-accel-buffering"]) == ("no-store", "no")
        assert reader.headers["ratelimit-remaining"] == "999"
        assert await reader.numbers(1) == [1]
    used = await database_sync_to_async(quota.api_calls_today)(await database_sync_to_async(User.objects.get)())
    assert used == 1


async def test_an_event_is_the_one_of_the_page(owner: User, secret: str) -> None:
    build = await database_sync_to_async(factories.completed)(owner)
    page = await database_sync_to_async(
        lambda: Client().get(path_of(build)[:-7], headers=by(secret) | {"accept": "*/*"})
    )()
    async with reading(path_of(build), **by(secret)) as reader:
        told = [message for message in await reader.until("end") if message.id]
    assert [message.data for message in told] == page.json()["events"]
    assert [(message.id, message.kind) for message in told] == [
        (str(event["seq"]), event["kind"]) for event in page.json()["events"]
    ]


async def test_a_build_that_ended_is_told_and_over_without_being_watched(owner: User, secret: str) -> None:
    build = await database_sync_to_async(factories.failed)(owner)
    last = await database_sync_to_async(selectors.last_seq)(build.run_id)
    async with reading(path_of(build, f"?after={last - 1}"), **by(secret)) as reader:
        assert [message.kind for message in await reader.until("end")] == ["build.failed", "end"]
        assert not tails._tails


async def test_a_program_that_comes_back_misses_none(build: Build, secret: str) -> None:
    async with reading(path_of(build), **by(secret)) as reader:
        assert await reader.numbers(1) == [1]
    await database_sync_to_async(happen_at_once)(build, 1200)
    async with reading(path_of(build, "?after=900"), last_event_id="1", **by(secret)) as back:
        assert await back.numbers(1200) == list(range(2, 1202))


async def test_a_number_that_was_not_given_out_is_answered_with_a_reset(build: Build, secret: str) -> None:
    async with reading(path_of(build, "?after=99"), **by(secret)) as reader:
        reset = await reader.next()
        assert reset is not None
        assert (reset.kind, reset.id, reset.data) == ("reset", "1", {"last_seq": 1})
        await happen(build)
        assert await reader.numbers(1) == [2]


@pytest.mark.parametrize(
    ("query", "header"), [("?after=x", ""), ("?after=-1", ""), ("?after=", ""), ("", "x"), ("", "9" * 40)]
)
async def test_a_number_that_is_none_is_a_400(build: Build, secret: str, query: str, header: str) -> None:
    more = {"last_event_id": header} if header else {}
    async with reading(path_of(build, query), **more, **by(secret)) as reader:
        error = json.loads(await reader.body())["error"]
        assert (reader.status, error["code"]) == (400, "request.invalid")
        assert list(error["fields"]) == ["Last-Event-ID" if header else "after"]


async def test_output_is_passed_on_without_a_number(build: Build, secret: str) -> None:
    async with reading(path_of(build, "?after=1"), **by(secret)) as reader:
        await reader.next()
        await until(lambda: bool(tails._tails))
        saying = asyncio.create_task(say_again_and_again(build, "def f\n\nid: 7"))  # what comes too early is missed
        (output,) = await reader.until("output")
        saying.cancel()
        assert (output.id, output.data) == ("", {"node": "generate", "text": "def f\n\nid: 7"})


async def test_two_readers_share_one_tail_and_the_second_outlives_the_first(build: Build, secret: str) -> None:
    async with reading(path_of(build), **by(secret)) as second:
        async with reading(path_of(build), **by(secret)) as first:
            assert (await first.numbers(1), await second.numbers(1)) == ([1], [1])
            await happen(build)
            assert (await first.numbers(1), await second.numbers(1)) == ([2], [2])
            assert len(tails._tails) == 1
        await happen(build, 3)
        assert await second.numbers(3) == [3, 4, 5]


async def test_the_first_reader_may_go_before_the_others(build: Build, secret: str) -> None:
    first, second = reading(path_of(build), **by(secret)), reading(path_of(build), **by(secret))
    async with second as stays:
        assert await stays.numbers(1) == [1]
    one = await first.__aenter__()
    assert await one.numbers(1) == [1]
    async with reading(path_of(build, "?after=1"), **by(secret)) as late:
        await late.next()
        await first.__aexit__(None, None, None)
        await happen(build, 2)
        assert await late.numbers(2) == [2, 3]


async def test_a_reader_that_goes_leaves_nothing_behind(build: Build, secret: str) -> None:
    async with reading(path_of(build), **by(secret)) as reader:
        assert await reader.numbers(1) == [1]
    await nothing_is_left()


async def test_a_reader_that_goes_while_it_is_too_slow_leaves_nothing_behind(build: Build, secret: str) -> None:
    """The server waits in the middle of sending then, not for news."""
    blocked = asyncio.Event()

    async def send(message: Any) -> None:
        if b"a.happened" in message.get("body", b""):
            blocked.set()
            await asyncio.Event().wait()

    arrivals: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await arrivals.put({"type": "http.request", "body": b""})
    scope = scope_of(path_of(build), **by(secret))
    answer = asyncio.create_task(WebHandler()(scope, arrivals.get, send))
    await happen(build, 2)
    async with asyncio.timeout(15):
        await blocked.wait()
    await arrivals.put({"type": "http.disconnect"})
    await answer
    await nothing_is_left()


async def test_a_silent_build_is_heard_of_by_comments(build: Build, owner: User) -> None:
    async with aclosing(aiter(await stream_of(Viewer(owner.pk), build, 1))) as pieces:
        assert await anext(pieces) == b"retry: 3000\n\n"
        assert [await anext(pieces) for _ in range(2)] == [b": still there\n\n"] * 2
    await nothing_is_left()


async def stream_of(viewer: Viewer, build: Build, after: int = 0) -> EventStream:
    """Return a stream that is in a hurry: it looks at access each time, and says soon that it is there."""
    found = await database_sync_to_async(viewer.find)(build.id)
    assert found is not None
    return EventStream(viewer, found, after, heartbeat=0.05, check=0)


def revoke(owner: User, viewer: User) -> None:
    keys.revoke_api_key(user=owner, key=ApiKey.objects.get())


def expire(owner: User, viewer: User) -> None:
    ApiKey.objects.update(expires_at=timezone.now())


def narrow(owner: User, viewer: User) -> None:
    ApiKey.objects.update(scopes=[Scope.USAGE_READ])


def unshare(owner: User, viewer: User) -> None:
    sharing.unshare(user=owner, share=BuildShare.objects.get())


def log_out(owner: User, viewer: User) -> None:
    Session.objects.all().delete()


def change_the_password(owner: User, viewer: User) -> None:
    viewer.set_password("another")
    viewer.save()


def shut_out(owner: User, viewer: User) -> None:
    User.objects.update(is_active=False)


def delete_the_build(owner: User, viewer: User) -> None:
    Build.objects.all().delete()


@pytest.mark.parametrize("end", [revoke, expire, narrow, unshare, shut_out, delete_the_build])
async def test_a_program_is_shut_out_when_its_access_ends(build: Build, owner: User, viewer: User, end: End) -> None:
    await database_sync_to_async(sharing.share_build)(user=owner, build=build, username="viewer")
    key = (await database_sync_to_async(keys.create_api_key)(user=viewer, name="program")).key
    await ends_after(end, owner, viewer, await stream_of(Viewer(viewer.pk, api_key_id=key.pk), build))


@pytest.mark.parametrize("end", [log_out, change_the_password, unshare, shut_out])
async def test_a_session_is_shut_out_when_its_access_ends(build: Build, owner: User, viewer: User, end: End) -> None:
    await database_sync_to_async(sharing.share_build)(user=owner, build=build, username="viewer")
    browser = Client()
    await database_sync_to_async(browser.force_login)(viewer)
    session = browser.cookies["sessionid"].value
    await ends_after(end, owner, viewer, await stream_of(Viewer(viewer.pk, session_key=session), build))


async def ends_after(end: End, owner: User, viewer: User, stream: EventStream) -> None:
    """Say that the stream goes on until then, and is over afterwards, without the word that a build has ended."""
    async with aclosing(aiter(stream)) as pieces, asyncio.timeout(30):
        seen = [await anext(pieces) for _ in range(6)]
        assert len([piece for piece in seen if b"event: build.submitted" in piece]) == 1
        await database_sync_to_async(end)(owner, viewer)
        rest = [piece async for piece in pieces]
    assert not [piece for piece in rest if b"event:" in piece]
    await nothing_is_left()


async def test_one_person_reads_so_many_at_once(build: Build, secret: str, stranger: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(sse, "MAX_STREAMS", 2)
    theirs = (await database_sync_to_async(factories.submitted)(stranger)).id
    other = (await database_sync_to_async(keys.create_api_key)(user=stranger, name="program")).secret
    async with reading(path_of(build), **by(secret)), reading(path_of(build), **by(secret)) as second:
        async with reading(path_of(build), **by(secret)) as third:
            error = json.loads(await third.body())["error"]
            assert (third.status, error["code"], error["request_id"]) == (
                429,
                "stream.too_many",
                third.headers["x-request-id"],
            )
        async with reading(f"/api/v1/builds/{theirs}/events/stream/", **by(other)) as somebody_else:
            assert somebody_else.status == 200
        await second.leave()
        async with reading(path_of(build), **by(secret)) as again:
            assert again.status == 200


async def test_streams_end_when_the_server_is_told_to(build: Build, secret: str) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: heard.append(number))
    try:
        async with reading(path_of(build), **by(secret)) as reader:
            assert await reader.numbers(1) == [1]
            signal.raise_signal(signal.SIGTERM)
            assert await reader.next(timeout=8) is None
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
    await nothing_is_left()
