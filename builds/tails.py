"""One reader per watched build and process: a thousand pages cost one query per event."""

import asyncio
import contextlib
import contextvars
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

import structlog
from channels.db import database_sync_to_async

from agentsite.common.acting import as_server
from builds import selectors, timeline

if TYPE_CHECKING:
    from builds.agent.values import JsonDict

log = structlog.get_logger(__name__)
POLL_SECONDS = 5.0
_REMEMBERED = 500


class Watcher(Protocol):
    """A page that follows a build."""

    async def catch_up(self, tail: "Tail") -> None:
        """Send what the page has not seen."""

    async def give_up(self) -> None:
        """Close a page that is too slow; it comes back by itself."""


class Tail:
    """Follow one run's table on behalf of all pages of this process."""

    def __init__(self, run_id: UUID) -> None:
        self._run_id = run_id
        self._watchers: set[Watcher] = set()
        self._recent: list[JsonDict] = []
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.last_seq = 0

    def add(self, watcher: Watcher) -> None:
        """Serve one more page."""
        self._watchers.add(watcher)
        if self._task is None or self._task.done():
            # In a context of its own: the one of the request that came first ends with it, and others still follow.
            self._task = asyncio.create_task(self._follow(), context=contextvars.Context())
        self.look_soon()

    def remove(self, watcher: Watcher) -> bool:
        """Serve one page less; True when nobody is left and the tail has stopped."""
        self._watchers.discard(watcher)
        if not self._watchers and self._task is not None:
            self._task.cancel()
        return not self._watchers

    def look_soon(self) -> None:
        """Read the table; calls that come close together are one."""
        self._news.set()

    def after(self, seq: int) -> "list[JsonDict] | None":
        """Return the remembered events above ``seq``; None when they reach further back than the memory."""
        first = int(self._recent[0]["seq"]) if self._recent else self.last_seq + 1
        if seq + 1 < first:
            return None
        return self._recent[seq + 1 - first :]

    async def unseen(self, seq: int) -> "list[JsonDict]":
        """Return the next events above ``seq``, from memory or, further back, from the table."""
        if seq >= self.last_seq:
            return []
        events = self.after(seq)
        return events if events is not None else await self.read(seq)

    async def read(self, seq: int) -> "list[JsonDict]":
        """Return the next events above ``seq`` from the table."""
        rows = await database_sync_to_async(as_server()(selectors.timeline_after))(self._run_id, seq)
        return [timeline.as_json(row) for row in rows]

    async def _follow(self) -> None:
        while True:
            try:
                await self._read_news()
            except Exception as error:  # noqa: BLE001  mostly a database that comes back; pages that wait must not go deaf
                log.warning("tail.without_database", error=type(error).__name__)
            await asyncio.gather(*(self._serve(watcher) for watcher in set(self._watchers)), return_exceptions=True)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._news.wait()
            self._news.clear()

    async def _serve(self, watcher: Watcher) -> None:
        """Let one page catch up; a page that can't keep up is left behind and comes back with its cursor."""
        try:
            async with asyncio.timeout(POLL_SECONDS):
                await watcher.catch_up(self)
        except TimeoutError:
            self._watchers.discard(watcher)
            with contextlib.suppress(TimeoutError):  # saying farewell can take as long as it takes to lose the line
                async with asyncio.timeout(POLL_SECONDS):
                    await watcher.give_up()

    async def _read_news(self) -> None:
        if not self.last_seq:
            self.last_seq = await database_sync_to_async(as_server()(selectors.last_seq))(self._run_id)
        while events := await self.read(self.last_seq):
            self._recent = [*self._recent, *events][-_REMEMBERED:]
            self.last_seq = int(events[-1]["seq"])


class Tails:
    """All tails of this process, by run and by event loop."""

    def __init__(self) -> None:
        self._tails: dict[tuple[UUID, Any], Tail] = {}

    def join(self, run_id: UUID, watcher: Watcher) -> Tail:
        """Follow a run."""
        tail = self._tails.setdefault((run_id, asyncio.get_running_loop()), Tail(run_id))
        tail.add(watcher)
        return tail

    def leave(self, tail: Tail, watcher: Watcher) -> None:
        """Stop following."""
        if tail.remove(watcher):
            self._tails = {key: other for key, other in self._tails.items() if other is not tail}


tails = Tails()
