"""Reading an asynchronous stream from ordinary code."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from builds.agent.errors import Cancelled, TransientError
from builds.agent.llm.stream import StreamLimits, read_chunks

LIMITS = StreamLimits(first_token_seconds=0.2, idle_seconds=0.05, total_seconds=5)


async def _bookkeeping_then(*waits: float) -> AsyncIterator[str]:
    yield ""
    for wait in waits:
        await asyncio.sleep(wait)
        yield "text"


def test_no_loop_runs_in_the_callers_thread_between_chunks() -> None:
    for _ in read_chunks(lambda: _bookkeeping_then(0, 0), LIMITS, lambda: False, bool):
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()


def test_bookkeeping_is_not_the_first_token() -> None:
    assert list(read_chunks(lambda: _bookkeeping_then(0.1), LIMITS, lambda: False, bool)) == ["", "text"]


def test_between_tokens_the_shorter_limit_counts() -> None:
    with pytest.raises(TransientError) as caught:
        list(read_chunks(lambda: _bookkeeping_then(0, 0.1), LIMITS, lambda: False, bool))
    assert caught.value.details["phase"] == "idle"


def test_a_stream_left_early_is_closed() -> None:
    closed: list[bool] = []

    async def endless() -> AsyncIterator[str]:
        try:
            while True:
                yield "text"
        finally:
            closed.append(True)

    chunks = read_chunks(endless, LIMITS, lambda: False, bool)
    next(iter(chunks))
    del chunks
    assert closed == [True]


def test_a_stream_that_will_not_close_does_not_hold_a_cancel_up() -> None:
    async def stubborn() -> AsyncIterator[str]:
        yield "text"
        try:
            await asyncio.sleep(30)
        finally:
            await asyncio.sleep(30)

    started = time.monotonic()
    with pytest.raises(Cancelled):
        list(read_chunks(stubborn, StreamLimits(9, 9, 9), lambda: time.monotonic() > started + 0.05, bool))
    assert time.monotonic() - started < 0.4
