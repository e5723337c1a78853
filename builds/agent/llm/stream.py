"""Reads an asynchronous stream from ordinary code, with time limits and a way out.

The event loop belongs to one call and runs only while this module waits. Callers' callbacks therefore run in the
caller's thread with no loop running, where a database may be used, and a cancelled call closes its connection at once
instead of leaving a thread behind that waits for a silent server.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from builds.agent.errors import Cancelled, TransientError
from builds.agent.ports import IsCancelled

Chunk = TypeVar("Chunk")
POLL_SECONDS = 0.05
CLOSE_SECONDS = 0.2


class _End:
    """Mark the end of a stream."""


_END = _End()


@dataclass(frozen=True)
class StreamLimits:
    """How long to wait, in seconds: for the first chunk, between chunks, and for everything."""

    first_token_seconds: float
    idle_seconds: float
    total_seconds: float


@dataclass(frozen=True)
class _Deadline:
    phase: str
    at: float
    seconds: float

    def wait_seconds(self) -> float:
        remaining = self.at - time.monotonic()
        if remaining <= 0:
            raise TransientError("model.timeout", phase=self.phase, seconds=self.seconds)
        return min(POLL_SECONDS, remaining)


def read_chunks(
    open_stream: Callable[[], AsyncIterator[Chunk]],
    limits: StreamLimits,
    is_cancelled: IsCancelled,
    has_text: Callable[[Chunk], object],
) -> Iterator[Chunk]:
    """Yield a stream's chunks as they arrive; the connection is closed when this generator is.

    :param has_text: tells a token from bookkeeping, which a server may send long before it has read the prompt.
    :raises TransientError: ``model.timeout`` with ``phase`` first_token, idle or total.
    :raises Cancelled: as soon as ``is_cancelled`` says so, also while the server is silent.
    """
    if is_cancelled():
        raise Cancelled
    loop = asyncio.new_event_loop()
    stream = open_stream()
    total = _Deadline("total", time.monotonic() + limits.total_seconds, limits.total_seconds)
    phase, seconds = "first_token", limits.first_token_seconds
    try:
        while True:
            deadline = min(_Deadline(phase, time.monotonic() + seconds, seconds), total, key=_when)
            chunk = _wait_for(loop, stream, deadline, is_cancelled)
            if isinstance(chunk, _End):
                return
            yield chunk
            if has_text(chunk):
                phase, seconds = "idle", limits.idle_seconds
    finally:
        _close(loop, stream)


def _when(deadline: _Deadline) -> float:
    return deadline.at


def _wait_for(
    loop: asyncio.AbstractEventLoop, stream: AsyncIterator[Chunk], deadline: _Deadline, is_cancelled: IsCancelled
) -> Chunk | _End:
    step = loop.create_task(_next(stream))
    while not step.done():
        loop.run_until_complete(asyncio.wait({step}, timeout=deadline.wait_seconds()))
        if is_cancelled():
            raise Cancelled
    return step.result()


async def _next(stream: AsyncIterator[Chunk]) -> Chunk | _End:
    return await anext(stream, _END)


def _close(loop: asyncio.AbstractEventLoop, stream: AsyncIterator[Chunk]) -> None:
    """Abandon what is under way, in 0.2 s at most.

    Step by step, because a generator that is being closed twice complains. Closing the loop does not wait for its
    threads: a name look-up that hangs must not delay a cancel.
    """
    until = time.monotonic() + CLOSE_SECONDS
    try:
        for task in asyncio.all_tasks(loop):
            task.cancel()
        _settle(loop, until)
        loop.create_task(_leave(stream))
        _settle(loop, until)
        loop.create_task(loop.shutdown_asyncgens())
        _settle(loop, until)
    finally:
        loop.close()


def _settle(loop: asyncio.AbstractEventLoop, until: float) -> None:
    """Run a loop until nothing is left to do, or the time is over."""
    while True:
        loop.run_until_complete(asyncio.sleep(0))
        tasks, seconds = asyncio.all_tasks(loop), until - time.monotonic()
        if not tasks or seconds <= 0:
            return
        loop.run_until_complete(asyncio.wait(tasks, timeout=seconds))


async def _leave(stream: AsyncIterator[Chunk]) -> None:
    if isinstance(stream, AsyncGenerator):
        with suppress(Exception):  # the call is over; how its closing fails interests nobody
            await stream.aclose()
