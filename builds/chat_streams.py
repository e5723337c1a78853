"""A conversation as ``text/event-stream``: what is said, what the agent does about it, and what it writes just now."""

import asyncio
import json
import time
from collections import deque
from collections.abc import AsyncGenerator
from uuid import UUID

import structlog
from django.db import DatabaseError

from agentsite.common.rendering import as_json
from builds.agent.values import JsonDict
from builds.jobs import selectors
from builds.jobs.selectors import Glimpse
from builds.models.build import Build
from builds.models.job import Job
from builds.runs import live
from builds.sse import OUTPUT_KEPT, RETRY_ENDED_MS, Ear, Stream, asked, greeting, message
from builds.states import FINAL
from builds.tails import POLL_SECONDS
from builds.viewers import CHECK_SECONDS, Viewer
from memory.api.conversations import MessageSerializer
from memory.models.conversation import Conversation, ConversationStatus
from memory.models.message import Message

log = structlog.get_logger(__name__)
_LEAST_SECONDS = 0.1  # between two looks: a build that tells much asks for one many times a second


class ChatStream(Stream):
    """One conversation for one reader: messages after a number without gaps or repeats, and how its work stands.

    Ends with ``end`` when the conversation is archived or deleted, or access ends; without a word when the server does.
    """

    of = "conversation"

    def __init__(
        self,
        viewer: Viewer,
        conversation: Conversation,
        after: int,
        *,
        heartbeat: float = POLL_SECONDS,
        check: float = CHECK_SECONDS,
    ) -> None:
        super().__init__(viewer, heartbeat=heartbeat, check=check)
        self._conversation_id = conversation.pk
        self._group = live.conversation_group(conversation.pk)
        self._is_reset = after > conversation.last_seq
        self._cursor = min(after, conversation.last_seq)
        self._told: dict[UUID, JsonDict] = {}
        self._at_work: dict[str, Job | Build] = {}
        self._output: deque[JsonDict] = deque(maxlen=OUTPUT_KEPT)
        self._must_look, self._looked_at = True, 0.0

    async def _pieces(self) -> AsyncGenerator[bytes]:
        yield greeting(self._cursor, is_reset=self._is_reset)
        async with Ear(self._heard, [self._group]) as ear:
            while not self._is_shut:
                for piece in [*self._written(), *await self._seen(ear)]:
                    yield piece
                if not self._is_shut:
                    for silence in await self._waited():
                        yield silence

    def _heard(self, heard: JsonDict) -> None:
        if heard["type"] != "run.output":
            self._must_look = True
        elif isinstance(job := self._at_work.get(heard["run"]), Job):
            self._output.append({"job": str(job.id), "text": heard["text"]})
        self._news.set()

    def _written(self) -> list[bytes]:
        return [message("output", self._output.popleft()) for _ in range(len(self._output))]

    async def _waited(self) -> list[bytes]:
        """Wait for news; whatever was heard, the table is looked at after each silence."""
        silence = await self._wait()
        self._must_look = self._must_look or bool(silence)
        return silence

    async def _seen(self, ear: Ear) -> list[bytes]:
        """Look whether there is something new; return it."""
        if not self._must_look:
            return []
        await asyncio.sleep(self._looked_at + _LEAST_SECONDS - time.monotonic())
        self._must_look, self._looked_at = False, time.monotonic()
        may_stay = await self._may_stay()
        try:
            now = await asked(selectors.glimpse, self._conversation_id, self._cursor, self._unfinished())
        except DatabaseError as error:  # it comes back, and the table is looked at again
            log.warning("stream.without_database", error=type(error).__name__)
            return []
        if not now.status or not may_stay:
            return [self._end("access" if now.status else "deleted")]
        return await self._news_of(now, ear)

    async def _news_of(self, now: Glimpse, ear: Ear) -> list[bytes]:
        pieces = [self._message(each) for each in now.messages]
        pieces += [self._state("job", each.id, job_as_json(each)) for each in now.jobs if self._is_new(each)]
        pieces += [self._state("build", each.id, build_as_json(each)) for each in now.builds if self._is_new(each)]
        rows: list[Job | Build] = [*now.jobs, *now.builds]
        self._at_work = {str(row.run_id): row for row in rows if not _has_ended(row)}
        if await ear.listen_to([self._group, *(live.group_name(run_id) for run_id in self._at_work)]) or now.has_more:
            self._must_look = True
            self._news.set()
        elif now.status == ConversationStatus.ARCHIVED:
            pieces.append(self._end("archived"))
        return pieces

    def _is_new(self, row: Job | Build) -> bool:
        return self._told.get(row.id) != _as_json(row)

    def _state(self, event: str, row_id: UUID, told: JsonDict) -> bytes:
        self._told[row_id] = told
        return message(event, told)

    def _message(self, said: Message) -> bytes:
        self._cursor = said.seq
        return message("message", message_as_json(said), seq=said.seq)

    def _end(self, reason: str) -> bytes:
        self._is_shut = True
        return message("end", {"reason": reason}, retry=RETRY_ENDED_MS)

    def _unfinished(self) -> list[UUID]:
        return [row.id for row in self._at_work.values()]

    def _found(self) -> Conversation | None:
        return self._viewer.find_conversation(self._conversation_id)


def message_as_json(said: Message) -> JsonDict:
    """Return a message as it stands in the list."""
    shown: JsonDict = json.loads(as_json(MessageSerializer(said).data))
    return shown


def job_as_json(job: Job) -> JsonDict:
    """Return how a job stands, as it came out of ``builds.jobs.selectors``."""
    approval: UUID | None = getattr(job, "approval", None)
    return {
        "id": str(job.id),
        "status": job.status,
        "mode": job.mode,
        "build": str(job.build_id) if job.build_id else None,
        "approval": str(approval) if approval else None,
    }


def build_as_json(build: Build) -> JsonDict:
    """Return how a build stands."""
    return {"id": str(build.id), "status": build.status, "verification": build.verification}


def _as_json(row: Job | Build) -> JsonDict:
    return job_as_json(row) if isinstance(row, Job) else build_as_json(row)


def _has_ended(row: Job | Build) -> bool:
    return row.is_ended if isinstance(row, Job) else row.status in FINAL
