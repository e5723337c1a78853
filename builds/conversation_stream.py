"""A conversation as ``text/event-stream``: messages by their numbers, and what becomes of its jobs and builds."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from typing import Any
from uuid import UUID

import structlog
from channels.layers import get_channel_layer
from django.db import DatabaseError

from builds.agent.values import JsonDict
from builds.jobs import selectors
from builds.runs import live
from builds.sse import HEARTBEAT_SECONDS, RETRY_ENDED_MS, RETRY_MS, STILL_THERE, asked, message, streams, tried
from builds.tails import POLL_SECONDS
from builds.viewers import CHECK_SECONDS, Viewer
from memory import conversations
from memory.models.conversation import Conversation
from memory.models.message import Message

log = structlog.get_logger(__name__)
PAGE = 100
_OUTPUT_KEPT = 200


class ConversationStream:
    """One conversation for one reader: every message after a number, once and in order.

    Jobs and builds are told whenever they stand otherwise than before; after a gap each is told as it stands.

    :param shown: how a message is written for the reader.
    """

    def __init__(
        self, viewer: Viewer, conversation: Conversation, after: int, shown: Callable[[Message], JsonDict]
    ) -> None:
        self.user_id = viewer.user_id
        self._viewer, self._conversation, self._shown = viewer, conversation, shown
        self._cursor = min(after, conversation.last_seq)
        self._told: dict[UUID, JsonDict] = {}
        self._runs: set[UUID] = set()
        self._output: deque[JsonDict] = deque(maxlen=_OUTPUT_KEPT)
        self._news = asyncio.Event()
        self._check_at = time.monotonic() + CHECK_SECONDS
        self._is_shut = False

    def __aiter__(self) -> AsyncGenerator[bytes]:
        return self._pieces()

    def shut(self) -> None:
        """End soon."""
        self._is_shut = True
        self._news.set()

    async def _pieces(self) -> AsyncGenerator[bytes]:
        layer: Any = get_channel_layer()
        channel = await layer.new_channel()
        hearing = asyncio.create_task(self._hear(layer, channel))
        try:
            # Join first, read then: what comes in between is seen by both, and the cursor drops the second.
            await tried(layer.group_add(live.conversation_group(self._conversation.pk), channel))
            yield f"retry: {RETRY_MS}\n\n".encode()
            while not self._is_shut:
                conversation = await self._look_again()
                if conversation is None:
                    break
                await self._follow(layer, channel)
                async for piece in self._news_of():
                    yield piece
                if not conversation.is_active:
                    yield message("end", {"status": conversation.status}, retry=RETRY_ENDED_MS)
                    break
                yield await self._wait()
        except DatabaseError as error:
            log.warning("stream.without_database", error=type(error).__name__)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
            await self._leave(layer, channel)
            streams.leave(self)

    async def _look_again(self) -> Conversation | None:
        """Return the conversation as it is now; once in a while only to who still may read it."""
        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + CHECK_SECONDS
            return await asked(self._viewer.find_conversation, self._conversation.pk)
        return await asked(Conversation.objects.filter(pk=self._conversation.pk).first)

    async def _news_of(self) -> AsyncGenerator[bytes]:
        while self._output:
            yield message("output", self._output.popleft())
        while rows := await asked(self._unseen):
            for row in rows:
                self._cursor = row.seq
                yield message("message", self._shown(row), seq=row.seq)
        for kind, key, stands in await asked(self._standing):
            if self._told.get(key) != stands:
                self._told[key] = stands
                yield message(kind, stands)

    def _unseen(self) -> list[Message]:
        rows = conversations.messages_of(self._conversation).filter(seq__gt=self._cursor)
        return list(rows.select_related("job").order_by("seq")[:PAGE])

    def _standing(self) -> list[tuple[str, UUID, JsonDict]]:
        jobs = selectors.newest_jobs(self._conversation.pk)
        told: list[tuple[str, UUID, JsonDict]] = [
            ("job", job.id, {"id": str(job.id), "status": job.status, "mode": job.mode, "build": _text(job.build_id)})
            for job in jobs
        ]
        for build in selectors.newest_builds(self._conversation.pk):
            stands: JsonDict = {"id": str(build.id), "status": build.status, "verification": build.verification}
            told.append(("build", build.id, stands | {"project_name": build.project_name}))
        return told

    async def _follow(self, layer: Any, channel: str) -> None:
        under_way = await asked(selectors.runs_under_way, self._conversation.pk)
        for run_id in under_way - self._runs:
            await tried(layer.group_add(live.group_name(run_id), channel))
        for run_id in self._runs - under_way:
            await tried(layer.group_discard(live.group_name(run_id), channel))
        self._runs = under_way

    async def _leave(self, layer: Any, channel: str) -> None:
        for group in (live.conversation_group(self._conversation.pk), *map(live.group_name, self._runs)):
            await tried(layer.group_discard(group, channel))

    async def _hear(self, layer: Any, channel: str) -> None:
        """Take wake-ups and output; while the broker is away the table is looked at every few seconds."""
        while True:
            try:
                heard = await layer.receive(channel)
            except Exception as error:  # noqa: BLE001  whatever the broker does, the table can be read
                log.warning("stream.deaf", error=type(error).__name__)
                await asyncio.sleep(POLL_SECONDS)
                continue
            if heard["type"] == "run.output":
                self._output.append({"node": heard["node"], "text": heard["text"]})
            self._news.set()

    async def _wait(self) -> bytes:
        """Wait for news; return a sign of life when there was none for so long that a line may be cut."""
        for _ in range(round(HEARTBEAT_SECONDS / POLL_SECONDS)):
            try:
                async with asyncio.timeout(POLL_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                if await asked(self._has_news):
                    return b""
            else:
                self._news.clear()
                return b""
        return STILL_THERE

    def _has_news(self) -> bool:
        newer = conversations.messages_of(self._conversation).filter(seq__gt=self._cursor).exists()
        return newer or any(self._told.get(key) != stands for _kind, key, stands in self._standing())


def _text(value: UUID | None) -> str | None:
    return None if value is None else str(value)
