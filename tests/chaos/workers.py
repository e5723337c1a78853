"""A program of ours that is to be killed: started, listened to, told when to stop."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.chaos.processes import Process, look

REPOSITORY = Path(__file__).resolve().parents[2]


class Worker:
    """A module run with this interpreter that writes JSON lines: ``{"event": …}`` to wait for, others to be counted."""

    def __init__(self, module: str, *arguments: str, environment: Mapping[str, str]) -> None:
        self.told: Counter[str] = Counter()
        """How often each ``{"told": …}`` was read."""
        self.slowest = 0.0
        self._events: queue.Queue[str] = queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Number of its process."""
        return self._process.pid

    def process(self) -> Process | None:
        """Return its entry in the process table."""
        return look(self.pid)

    def is_running(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    def wait_for(self, event: str, seconds: float) -> bool:
        """Wait until it tells of an event; False when it doesn't, or ends before."""
        try:
            return self._events.get(timeout=seconds) == event
        except queue.Empty:
            return False

    def say(self, word: str) -> None:
        """Write a line to its standard input."""
        if self._process.stdin is not None:
            self._process.stdin.write(f"{word}\n".encode())
            self._process.stdin.flush()

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def bury(self, seconds: float) -> bool:
        """Wait for its end and give back the pipes; False when it goes on."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(seconds)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        return True

    def _read(self) -> None:
        for line in self._process.stdout or ():
            if line.endswith(b"\n"):  # the last one may be cut by the kill
                self._take(json.loads(line))
        self._events.put("ended")

    def _take(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self._events.put(message["event"])
            return
        self.told[message["told"]] += 1
        self.slowest = max(self.slowest, message["seconds"])
