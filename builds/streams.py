"""A build's events as ``text/event-stream``: out of the table, woken as the sockets are."""

import contextlib
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator

from django.db import DatabaseError

from builds import selectors, timeline
from builds.agent.values import JsonDict
from builds.models.build import Build
from builds.models.run import RunEvent
from builds.runs import live
from builds.sse import OUTPUT_KEPT, RETRY_ENDED_MS, Ear, Stream, asked, greeting, message
from builds.states import FINAL
from builds.tails import Tail, tails
from builds.viewers import CHECK_SECONDS, Viewer

HEARTBEAT_SECONDS = 15.0
_ENDINGS = {f"build.{state}" for state in FINAL}


class EventStream(Stream):
    """The events of one build for one reader, after a number, without gaps or repeats.

    Ends after the build's last event; without a word when access or the server ends, so that the reader comes back.
    """

    of = "build"

    def __init__(
        self,
        viewer: Viewer,
        build: Build,
        after: int,
        *,
        heartbeat: float = HEARTBEAT_SECONDS,
        check: float = CHECK_SECONDS,
    ) -> None:
        super().__init__(viewer, heartbeat=heartbeat, check=check)
        last = build.run.last_seq
        self._build_id, self._run_id = build.id, build.run_id
        self._is_reset = after > last
        self._cursor = min(after, last)
        self._output: deque[JsonDict] = deque(maxlen=OUTPUT_KEPT)
        self._has_ended = False

    async def catch_up(self, tail: Tail) -> None:
        """Hear that there is something; it is sent as fast as the reader takes it."""
        if self._cursor < tail.last_seq:
            self._news.set()

    async def give_up(self) -> None:
        """End; nobody waits for this reader."""
        self.shut()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        status = await self._status()
        yield greeting(self._cursor, is_reset=self._is_reset)
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
            yield message("end", {"status": status}, retry=RETRY_ENDED_MS)

    @contextlib.asynccontextmanager
    async def _following(self) -> AsyncIterator[Tail]:
        # Join first, read then: an event in between is seen by both, and the cursor drops the second.
        async with Ear(self._heard, [live.group_name(self._run_id)]):
            self._tail = tails.join(self._run_id, self)
            try:
                yield self._tail
            finally:
                tails.leave(self._tail, self)

    def _heard(self, heard: JsonDict) -> None:
        if heard["type"] == "run.output":
            self._output.append({"node": heard["node"], "text": heard["text"]})
            self._news.set()
        else:
            self._tail.look_soon()

    async def _news_of(self, tail: Tail) -> list[bytes]:
        """Wait for news, at most a heartbeat long; return what there is to send."""
        silence = await self._wait()
        if self._is_shut or not await self._may_stay():
            self._is_shut = True
            return []
        pieces = [message("output", self._output.popleft()) for _ in range(len(self._output))]
        return silence + pieces + [self._event(event) for event in await self._unseen(tail)]

    async def _unseen(self, tail: Tail) -> list[JsonDict]:
        try:
            events = await tail.unseen(self._cursor)
        except DatabaseError:  # it comes back, and the tail looks again
            return []
        if events and int(events[-1]["seq"]) < tail.last_seq:
            self._news.set()
        return events

    def _found(self) -> Build | None:
        return self._viewer.find(self._build_id)

    async def _status(self) -> str:
        return await asked(selectors.status_of, self._build_id)

    async def _read(self) -> list[RunEvent]:
        return await asked(selectors.timeline_after, self._run_id, self._cursor)

    def _event(self, event: JsonDict) -> bytes:
        self._cursor = int(event["seq"])
        self._has_ended = event["kind"] in _ENDINGS
        return message(event["kind"], event, seq=self._cursor)
