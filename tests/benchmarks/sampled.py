"""Agentsite's ASGI application with a thread that looks, 500 times a second, at what the others are doing.

Written as JSON to ``BENCH_SAMPLES`` at the end: by package, whose code a thread was in (the innermost that isn't
Python's own); by function, in how many samples it was anywhere on the stack.
"""

import asyncio
import json
import os
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

from agentsite.asgi import application as served

EVERY_SECONDS = 0.002
_ROOT = str(Path(__file__).resolve().parents[2])
_IDLE = {("thread.py", "_worker"), ("runners.py", "run"), ("threading.py", "wait"), ("base_events.py", "run_forever")}
_IDLE |= {
    ("scheduler.py", "run"),
    ("pool.py", "worker"),
    ("sampled.py", "look"),
    ("connection.py", "_read_from_socket"),
}


class Sampler:
    """Counts of what was seen."""

    def __init__(self) -> None:
        self.samples = 0
        self.packages: Counter[str] = Counter()
        self.functions: Counter[str] = Counter()
        self.ends = threading.Event()

    def look(self) -> None:
        """Look until the end."""
        while not self.ends.is_set():
            time.sleep(EVERY_SECONDS)
            for frame in sys._current_frames().values():
                if not _is_idle(frame):
                    self._count(frame)

    def _count(self, frame: FrameType | None) -> None:
        self.samples += 1
        package, seen = "", set()
        while frame is not None:
            path = frame.f_code.co_filename
            package = package or _package(path)
            seen.add(f"{_short(path)}:{frame.f_code.co_name}")
            frame = frame.f_back
        self.packages[package or "python"] += 1
        self.functions.update(seen)

    def write(self) -> None:
        """Write what was seen."""
        self.ends.set()
        told = {"samples": self.samples, "packages": self.packages, "functions": self.functions}
        Path(os.environ["BENCH_SAMPLES"]).write_text(json.dumps(told))


def _is_idle(frame: FrameType) -> bool:
    return (Path(frame.f_code.co_filename).name, frame.f_code.co_name) in _IDLE


def _package(path: str) -> str:
    if "site-packages/" in path:
        return path.partition("site-packages/")[2].partition("/")[0]
    return "agentsite" if path.startswith(_ROOT) else ""


def _short(path: str) -> str:
    return path.partition("site-packages/")[2] or path.removeprefix(_ROOT + "/")


_sampler = Sampler()


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Serve; sample between the server's start and its end."""
    if scope["type"] != "lifespan":
        await served(scope, receive, send)
        return
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            threading.Thread(target=_sampler.look, daemon=True).start()
        else:
            await asyncio.to_thread(_sampler.write)
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
