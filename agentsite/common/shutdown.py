"""Hearing that the server was told to end, before it waits for answers that never end by themselves."""

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Listener:
    """Do what was done at the signal before, and say so on the event loop."""

    def __init__(self, before: Callable[[int, FrameType | None], Any], call: Callable[[], None]) -> None:
        self._before = before
        self._call = call
        self._loop = asyncio.get_running_loop()

    def __call__(self, number: int, frame: FrameType | None) -> None:
        with contextlib.suppress(RuntimeError):  # that loop is gone
            self._loop.call_soon_threadsafe(self._call)
        self._before(number, frame)


def on_shutdown(call: Callable[[], None]) -> None:
    """Call back on the running event loop once the server is told to end.

    The server's own answer to the signal stays; where there is none, nothing is changed. Calling again changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in _SIGNALS:
        before = signal.getsignal(number)
        if callable(before) and not isinstance(before, _Listener):
            signal.signal(number, _Listener(before, call))
