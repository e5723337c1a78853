"""A conversation's socket: it says that something changed, and passes on what the agent is writing."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

import structlog
from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError

from agentsite.accounts.models import User
from agentsite.common import logs
from agentsite.common.acting import as_server
from builds import chats, tickets
from builds.consumers import NOT_FOUND, NOT_LOGGED_IN
from builds.runs import live
from builds.sockets import Socket
from builds.viewers import CHECK_SECONDS, Viewer

log = structlog.get_logger(__name__)
TELL_EVERY = 0.33
WRITING = "answer"
"""The node whose text is for people; what other nodes have a model write is JSON or code."""


class ChatConsumer(Socket):
    """Follow one's own conversation, the jobs in it and the builds that they started.

    Messages: ``{"type": "changed"}``, of several close together one, and always one after the last change;
    ``{"type": "output", "text": …}`` (not kept, may be missed).
    """

    of = "conversation"
    check_seconds = CHECK_SECONDS

    async def __call__(self, *given: Any) -> None:
        """Serve the socket, and leave nothing running however it ends."""
        self._news = asyncio.Event()
        self._runs: set[UUID] = set()
        self._has_new_work = True
        self._tasks: list[asyncio.Task[None]] = []
        try:
            await super().__call__(*given)
        finally:
            for task in self._tasks:
                task.cancel()

    async def connect(self) -> None:
        """Accept the owner, or a program with a ticket of theirs; say why when closing."""
        self._conversation_id: UUID = self.scope["url_route"]["kwargs"]["conversation_id"]
        viewer = await self._viewer(self.scope.get("user") or AnonymousUser())
        if viewer is None:
            await self.close()
            return
        logs.note(user_id=viewer.user_id)
        await self.accept()
        if await database_sync_to_async(viewer.find_conversation)(self._conversation_id) is None:
            await self.close(code=NOT_FOUND if viewer.user_id is not None else NOT_LOGGED_IN)
            return
        await self._join(live.conversation_group(self._conversation_id))
        self._news.set()  # something may have changed since the page was drawn
        self._tasks = [asyncio.create_task(self._tell()), asyncio.create_task(self._check_access(viewer))]

    async def _viewer(self, user: User | AnonymousUser) -> Viewer | None:
        ticket: str | None = self.scope.get("ticket")  # only the gate sets it, which else asks for the origin
        if ticket is None:
            return Viewer.of_page(user, self.scope.get("session"))
        place = {"conversation_id": self._conversation_id, "user": user}
        viewer: Viewer | None = await database_sync_to_async(tickets.redeem_for_conversation)(ticket, **place)
        return viewer

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  the library's signature
        """Leave the groups; the layer forgets by itself who could not."""
        if not self._tasks:
            return
        for group in (live.conversation_group(self._conversation_id), *map(live.group_name, self._runs)):
            with contextlib.suppress(Exception):
                await self.channel_layer.group_discard(group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Ignore whatever a page sends, JSON or not: it only listens."""

    async def conversation_woke(self, _message: dict[str, Any]) -> None:
        """Tell the page, and look again at what is under way."""
        self._has_new_work = True
        self._news.set()

    async def run_woke(self, _message: dict[str, Any]) -> None:
        """Tell the page of a step of a job or a build."""
        self._news.set()

    async def run_output(self, message: dict[str, Any]) -> None:
        """Pass on what the agent is writing."""
        if message["node"] == WRITING:
            await self.send_json({"type": "output", "text": message["text"]})

    async def _tell(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            if self._has_new_work:
                await self._follow_runs()
            await self.send_json({"type": "changed"})
            await asyncio.sleep(TELL_EVERY)

    async def _follow_runs(self) -> None:
        """Join the groups of what is under way, and leave those of what has ended."""
        self._has_new_work = False
        try:
            under_way = await database_sync_to_async(as_server()(chats.runs_under_way))(self._conversation_id)
            for run_id in under_way - self._runs:
                await self._join(live.group_name(run_id))
            for run_id in self._runs - under_way:
                await self.channel_layer.group_discard(live.group_name(run_id), self.channel_name)
            self._runs = under_way
        except Exception as error:  # noqa: BLE001  mostly a database or broker that comes back; the page asks by itself
            log.warning("chat.cannot_follow", error=type(error).__name__)
            self._has_new_work = True

    async def _join(self, group: str) -> None:
        await self.channel_layer.group_add(group, self.channel_name)

    async def _check_access(self, viewer: Viewer) -> None:
        """Close the socket within a minute after its owner logged out, was shut out, or deleted the conversation."""
        while True:
            await asyncio.sleep(self.check_seconds)
            with contextlib.suppress(DatabaseError):
                if await database_sync_to_async(viewer.find_conversation)(self._conversation_id) is None:
                    await self.close(code=NOT_LOGGED_IN)
                    return
