"""What all streams of Server-Sent Events have in common: who may read, how many at once, and how they are woken."""

import asyncio
import contextlib
import json
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection
from typing import Any, ParamSpec, Self, TypeVar
from weakref import WeakSet

import structlog
from asgiref.sync import sync_to_async
from channels.layers import get_channel_layer
from django.db import DatabaseError, connections
from django.utils.translation import gettext as _

from agentsite.common import shutdown
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError
from builds import measures
from builds.agent.values import JsonDict
from builds.tails import POLL_SECONDS
from builds.viewers import Viewer

P = ParamSpec("P")
T = TypeVar("T")
log = structlog.get_logger(__name__)
MAX_STREAMS = 50
"""Of one person in one process."""
OUTPUT_KEPT = 200
RETRY_MS = 3_000
RETRY_ENDED_MS = 3_600_000  # for a reader that comes back though everything was told
_SILENCE = b": still there\n\n"


class Stream(ABC):
    """What one reader follows; it ends when the server does, and soon after access does."""

    of: str
    """What it follows, as it is counted."""

    def __init__(self, viewer: Viewer, *, heartbeat: float, check: float) -> None:
        self.user_id = viewer.user_id
        self._viewer = viewer
        self._heartbeat, self._check = heartbeat, check
        self._check_at = time.monotonic() + check
        self._news = asyncio.Event()
        self._is_shut = False

    def __aiter__(self) -> AsyncGenerator[bytes]:
        return self._admitted()

    def shut(self) -> None:
        """End soon."""
        self._is_shut = True
        self._news.set()

    @abstractmethod
    def _pieces(self) -> AsyncGenerator[bytes]:
        """Yield what goes over the wire."""

    @abstractmethod
    def _found(self) -> object:
        """Ask whether the reader still may see it; None when not."""

    async def _admitted(self) -> AsyncGenerator[bytes]:
        try:
            async with contextlib.aclosing(self._pieces()) as pieces:
                with measures.WATCHERS.labels("stream", self.of).track_inprogress():
                    async for piece in pieces:
                        yield piece
                        measures.TOLD.labels("stream", self.of, _type_of(piece)).inc()
        except DatabaseError as error:
            log.warning("stream.without_database", error=type(error).__name__)
        finally:
            streams.leave(self)

    async def _wait(self) -> list[bytes]:
        """Wait for news, at most a heartbeat long; return a comment when there was none."""
        try:
            async with asyncio.timeout(self._heartbeat):
                await self._news.wait()
        except TimeoutError:
            return [_SILENCE]
        self._news.clear()
        return []

    async def _may_stay(self) -> bool:
        """Look once in a while whether the reader still may see it."""
        now = time.monotonic()
        if now < self._check_at:
            return True
        self._check_at = now + self._check
        try:
            return await asked(self._found) is not None
        except DatabaseError:
            return True


class Ear:
    """One channel of the broker, in as many groups as somebody listens to."""

    def __init__(self, hear: Callable[[JsonDict], None], groups: Collection[str]) -> None:
        self._hear, self._groups = hear, set(groups)

    async def __aenter__(self) -> Self:
        """Join the groups; who reads afterwards misses nothing."""
        self._layer: Any = get_channel_layer()
        self._channel = await self._layer.new_channel()
        await self._join(self._groups)
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave the groups; the layer forgets by itself who could not."""
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        await self._leave(self._groups)

    async def listen_to(self, groups: Collection[str]) -> bool:
        """Join what is new and leave what is over; True when something was joined, so that it is looked at again."""
        wanted = set(groups)
        added, over, self._groups = wanted - self._groups, self._groups - wanted, wanted
        await self._join(added)
        await self._leave(over)
        return bool(added)

    async def _join(self, groups: Collection[str]) -> None:
        await asyncio.gather(*(tried(self._layer.group_add(group, self._channel)) for group in groups))

    async def _leave(self, groups: Collection[str]) -> None:
        await asyncio.gather(*(tried(self._layer.group_discard(group, self._channel)) for group in groups))

    async def _listen(self) -> None:
        """Pass on what is heard; while the broker is away whoever listens has to look by itself."""
        while True:
            try:
                message = await self._layer.receive(self._channel)
            except Exception as error:  # noqa: BLE001  whatever the broker does, the table can be read
                log.warning("stream.deaf", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)
                await self._join(self._groups)
                continue
            self._hear(message)


class OpenStreams:
    """The streams of this process; used on its event loop only, so that they are counted one by one."""

    def __init__(self) -> None:
        self._streams: WeakSet[Stream] = WeakSet()  # one whose answer is never begun is simply forgotten

    def __len__(self) -> int:
        return len(self._streams)

    def admit(self, stream: Stream) -> None:
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

    def leave(self, stream: Stream) -> None:
        """Count one less."""
        self._streams.discard(stream)

    def _shut_all(self) -> None:
        for stream in list(self._streams):
            stream.shut()


streams = OpenStreams()


async def asked(ask: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    """Ask the database about what the reader may see, and hold no connection afterwards."""

    @as_server()
    def ask_and_let_go() -> T:
        try:
            return ask(*given, **more)
        finally:
            for connection in connections.all(initialized_only=True):
                if not connection.in_atomic_block:  # as where a test lives in a transaction
                    connection.close_if_unusable_or_obsolete()

    return await sync_to_async(ask_and_let_go)()


async def tried(call: Awaitable[Any]) -> None:
    """Ask the broker for something that is no harm when it is away."""
    with contextlib.suppress(Exception):
        async with asyncio.timeout(POLL_SECONDS):
            await call


def message(event: str, data: JsonDict, *, seq: int | None = None, retry: int | None = None) -> bytes:
    """Write one message of a stream."""
    lines = [f"id: {seq}"] if seq is not None else []
    lines += [f"retry: {retry}"] if retry is not None else []
    return "\n".join([*lines, f"event: {event}", f"data: {json.dumps(data)}", "\n"]).encode()


def _type_of(piece: bytes) -> str:
    if piece == _SILENCE:
        return "silence"
    return "reset" if b"\nevent: reset\n" in piece else "event"


def greeting(cursor: int, *, is_reset: bool) -> bytes:
    """Begin a stream: when to come back, and where it goes on when the number asked for is none of it."""
    if not is_reset:
        return f"retry: {RETRY_MS}\n\n".encode()
    return message("reset", {"last_seq": cursor}, seq=cursor, retry=RETRY_MS)
