"""A build's events as ``text/event-stream``: out of the table, woken as the sockets are."""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any, ParamSpec, TypeVar
from weakref import WeakSet

import structlog
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, connections
from django.utils.translation import gettext as _

from agentsite.common import shutdown
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError
from builds import selectors, timeline
from builds.agent.values import JsonDict
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.runs import live
from builds.states import FINAL
from builds.tails import POLL_SECONDS, Tail, tails
from builds.viewers import CHECK_SECONDS, Viewer

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger(__name__)
MAX_STREAMS = 50
"""Of one person in one process."""
HEARTBEAT_SECONDS = 15.0
_RETRY_MS = 3_000
_RETRY_ENDED_MS = 3_600_000  # for a reader that comes back though everything was told
_OUTPUT_KEPT = 200
_ENDINGS = {f"build.{state}" for state in FINAL}


class EventStream:
    """The events of one build for one reader, after a number, without gaps or repeats.

    Ends after the build's last event; without a word when access or the server ends, so that the reader comes back.
    """

    def __init__(
        self,
        viewer: Viewer,
        build: Build,
        after: int,
        *,
        heartbeat: float = HEARTBEAT_SECONDS,
        check: float = CHECK_SECONDS,
    ) -> None:
        last = build.run.last_seq
        self.user_id = viewer.user_id
        self._viewer, self._build_id, self._run_id = viewer, build.id, build.run_id
        self._is_reset = after > last
        self._cursor = min(after, last)
        self._heartbeat, self._check = heartbeat, check
        self._check_at = time.monotonic() + check
        self._output: deque[JsonDict] = deque(maxlen=_OUTPUT_KEPT)
        self._news = asyncio.Event()
        self._has_ended = self._is_shut = False

    def __aiter__(self) -> AsyncGenerator[bytes]:
        return self._pieces()

    def shut(self) -> None:
        """End soon."""
        self._is_shut = True
        self._news.set()

    async def catch_up(self, tail: Tail) -> None:
        """Hear that there is something; it is sent as fast as the reader takes it."""
        if self._cursor < tail.last_seq:
            self._news.set()

    async def give_up(self) -> None:
        """End; nobody waits for this reader."""
        self.shut()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        try:
            status = await self._status()
            yield self._greeting()
            if status not in FINAL:
                async with self._following() as tail:
                    while not self._has_ended and not self._is_shut:
                        for piece in await self._news_of(tail):
                            yield piece
                status = await self._status()
            while not self._is_shut and (rows := await self._read()):
                for row in rows:
                    yield self._event(timeline.as_json(row))
            if not self._is_shut:
                yield _message("end", {"status": status}, retry=_RETRY_ENDED_MS)
        except DatabaseError as error:
            log.warning("stream.without_database", error=type(error).__name__)
        finally:
            streams.leave(self)

    @contextlib.asynccontextmanager
    async def _following(self) -> AsyncIterator[Tail]:
        layer, group = get_channel_layer(), live.group_name(self._run_id)
        channel = await layer.new_channel()
        # Join first, read then: an event in between is seen by both, and the cursor drops the second.
        await _tried(layer.group_add(group, channel))
        tail = tails.join(self._run_id, self)
        hearing = asyncio.create_task(self._hear(layer, group, channel, tail))
        try:
            yield tail
        finally:
            tails.leave(tail, self)
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await _tried(layer.group_discard(group, channel))

    async def _hear(self, layer: Any, group: str, channel: str, tail: Tail) -> None:
        """Take wake-ups and output; while the broker is away the tail looks by itself."""
        while True:
            try:
                message = await layer.receive(channel)
            except Exception as error:  # noqa: BLE001  whatever the broker does, the table can be read
                log.warning("stream.deaf", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)
                await _tried(layer.group_add(group, channel))
                continue
            if message["type"] == "run.output":
                self._output.append({"node": message["node"], "text": message["text"]})
                self._news.set()
            else:
                tail.look_soon()

    async def _news_of(self, tail: Tail) -> list[bytes]:
        """Wait for news, at most a heartbeat long; return what there is to send."""
        silence = await self._wait()
        if self._is_shut or not await self._may_stay():
            self._is_shut = True
            return []
        pieces = [_message("output", self._output.popleft()) for _ in range(len(self._output))]
        return silence + pieces + [self._event(event) for event in await self._unseen(tail)]

    async def _wait(self) -> list[bytes]:
        try:
            async with asyncio.timeout(self._heartbeat):
                await self._news.wait()
        except TimeoutError:
            return [b": still there\n\n"]
        self._news.clear()
        return []

    async def _unseen(self, tail: Tail) -> list[JsonDict]:
        try:
            events = await tail.unseen(self._cursor)
        except DatabaseError:  # it comes back, and the tail looks again
            return []
        if events and int(events[-1]["seq"]) < tail.last_seq:
            self._news.set()
        return events

    async def _may_stay(self) -> bool:
        """Look once in a while whether the reader still may see the build."""
        now = time.monotonic()
        if now < self._check_at:
            return True
        self._check_at = now + self._check
        try:
            return await _asked(self._viewer.find, self._build_id) is not None
        except DatabaseError:
            return True

    async def _status(self) -> str:
        return await _asked(selectors.status_of, self._build_id)

    async def _read(self) -> list[RunEvent]:
        return await _asked(selectors.timeline_after, self._run_id, self._cursor)

    def _greeting(self) -> bytes:
        if not self._is_reset:
            return f"retry: {_RETRY_MS}\n\n".encode()
        return _message("reset", {"last_seq": self._cursor}, seq=self._cursor, retry=_RETRY_MS)

    def _event(self, event: JsonDict) -> bytes:
        self._cursor = int(event["seq"])
        self._has_ended = event["kind"] in _ENDINGS
        return _message(event["kind"], event, seq=self._cursor)


class OpenStreams:
    """The streams of this process; used on its event loop only, so that they are counted one by one."""

    def __init__(self) -> None:
        self._streams: WeakSet[EventStream] = WeakSet()  # one whose answer is never begun is simply forgotten

    def __len__(self) -> int:
        return len(self._streams)

    def admit(self, stream: EventStream) -> None:
        """Let one more be read.

        :raises AppError: ``stream.too_many`` of one person.
        """
        if sum(one.user_id == stream.user_id for one in self._streams) >= MAX_STREAMS:
            raise AppError(
                "stream.too_many",
                _("%(count)d streams are open already.") % {"count": MAX_STREAMS},
                hint=_("Close one that is not read any more, or ask for pages of events."),
                http_status=429,
            )
        self._streams.add(stream)
        shutdown.on_shutdown(self._shut_all)

    def leave(self, stream: EventStream) -> None:
        """Count one less."""
        self._streams.discard(stream)

    def _shut_all(self) -> None:
        for stream in list(self._streams):
            stream.shut()


streams = OpenStreams()


async def _asked(ask: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    """Ask the database about a build that the reader may see, and hold no connection afterwards."""

    @as_server()
    def ask_and_let_go() -> T:
        try:
            return ask(*given, **more)
        finally:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:  # as where a test lives in a transaction
                    connection.close_if_unusable_or_obsolete()

    return await sync_to_async(ask_and_let_go)()


async def _tried(call: Awaitable[Any]) -> None:
    """Ask the broker for something that is no harm when it is away."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(POLL_SECONDS):
            await call


def _message(event: str, data: JsonDict, *, seq: int | None = None, retry: int | None = None) -> bytes:
    lines = [f"id: {seq}"] if seq is not None else []
    lines += [f"retry: {retry}"] if retry is not None else []
    return "\n".join([*lines, f"event: {event}", f"data: {json.dumps(data)}", "\n"]).encode()
