"""Server-Sent Events: what every stream of this server needs."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, ParamSpec, Protocol, TypeVar
from weakref import WeakSet

from asgiref.sync import sync_to_async
from django.db import connections
from django.utils.translation import gettext as _

from agentsite.common import shutdown
from agentsite.common.acting import as_server
from agentsite.common.errors import AppError
from builds.agent.values import JsonDict
from builds.tails import POLL_SECONDS

P = ParamSpec("P")
T = TypeVar("T")
MAX_STREAMS = 50
"""Of one person in one process."""
HEARTBEAT_SECONDS = 15.0
RETRY_MS = 3_000
RETRY_ENDED_MS = 3_600_000  # for a reader that comes back though everything was told
STILL_THERE = b": still there\n\n"


class Stream(Protocol):
    """Something that is read by one reader until it ends."""

    user_id: int | None

    def __aiter__(self) -> AsyncGenerator[bytes]:
        """Return the pieces as they come."""

    def shut(self) -> None:
        """End soon."""


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
    """Return one message of a stream."""
    lines = [f"id: {seq}"] if seq is not None else []
    lines += [f"retry: {retry}"] if retry is not None else []
    return "\n".join([*lines, f"event: {event}", f"data: {json.dumps(data)}", "\n"]).encode()
