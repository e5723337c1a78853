"""Build pages that stay open through whatever happens: each follows a socket and comes back with its cursor."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Self

from websockets.exceptions import ConnectionClosed, WebSocketException

from tests.chaos.installation import Installation

ANSWER_SECONDS, COME_BACK_SECONDS = 1.0, 0.5
LAST_KINDS = {"build.completed", "build.failed", "build.cancelled"}


class Follower:
    """One page of one build, as the browser's script keeps it."""

    def __init__(self, site: Installation, build: str) -> None:
        self.build = build
        self.numbers: list[int] = []
        self.came_back = -1
        self.closed_with: list[int] = []
        """Codes that the server sent before the end was seen."""
        self._site = site
        self._has_ended = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def problems(self, seconds: float) -> list[str]:
        """Say whether it has seen every event once and in order, waiting for the last one."""
        if not self._has_ended.wait(seconds):
            return [f"a page of {self.build} never saw the end, only {len(self.numbers)} events"]
        if self.numbers != list(range(1, len(self.numbers) + 1)):
            return [f"a page of {self.build} saw {self.numbers}"]
        return []

    def _follow(self) -> None:
        while not self._stop.is_set() and not self._has_ended.is_set():
            self.came_back += 1
            try:
                self._listen()
            except ConnectionClosed as closed:
                self.closed_with += [closed.rcvd.code] if closed.rcvd else []
            except (WebSocketException, OSError, EOFError):
                pass  # nobody is there: come back later
            self._stop.wait(COME_BACK_SECONDS)

    def _listen(self) -> None:
        last = self.numbers[-1] if self.numbers else 0
        with self._site.socket(self.build, after=last) as socket:
            while not self._stop.is_set():
                with contextlib.suppress(TimeoutError):
                    message = json.loads(socket.recv(timeout=ANSWER_SECONDS))
                    if message["type"] == "event":
                        self.numbers.append(message["event"]["seq"])
                        if message["event"]["kind"] in LAST_KINDS:
                            self._has_ended.set()
                            return


@contextmanager
def following(site: Installation, builds: Sequence[str]) -> Iterator[list[Follower]]:
    """Keep a page of each build open."""
    with ExitStack() as stack:
        yield [stack.enter_context(Follower(site, build)) for build in builds]


def problems(followers: Sequence[Follower], seconds: float) -> list[str]:
    """Return what any of them missed, or saw twice."""
    until = time.monotonic() + seconds
    return [line for page in followers for line in page.problems(max(0.1, until - time.monotonic()))]
