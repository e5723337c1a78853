"""The build page's socket: what is in the table after ``after``, then every event as it is recorded, in order."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError

from agentsite.accounts.models import User
from agentsite.common import logs
from agentsite.common.acting import as_server
from builds import selectors, tickets
from builds.runs import live
from builds.sockets import Socket
from builds.tails import Tail, tails
from builds.viewers import CHECK_SECONDS, Viewer

NOT_LOGGED_IN = 4401
NOT_FOUND = 4404
TOO_SLOW = 4408
_MAX_CURSOR = 10**12


class BuildConsumer(Socket):
    """Send a build's events after a cursor without gaps or repeats.

    Messages: ``{"type": "event", "event": {…}}``, ``{"type": "output", "node": …, "text": …}`` (not kept, may be
    missed), ``{"type": "reset", "last_seq": N}`` when the cursor is not one that this server gave out.
    """

    of = "build"
    check_seconds = CHECK_SECONDS
    _tail: Tail | None = None

    async def __call__(self, *given: Any) -> None:
        """Serve the socket, and leave the watchers however it ends: by a farewell, or by an error of any kind."""
        try:
            await super().__call__(*given)
        finally:
            self._stop_watching()

    async def connect(self) -> None:
        """Accept whoever may see the build; say why when closing, so that the page knows whether to come back.

        A program's ticket is looked at before: one that is of no use opens nothing.
        """
        user = self.scope.get("user") or AnonymousUser()
        build_id: UUID = self.scope["url_route"]["kwargs"]["build_id"]
        viewer = await self._viewer(user, build_id)
        if viewer is None:
            await self.close()
            return
        logs.note(user_id=viewer.user_id)
        await self.accept()
        build = await database_sync_to_async(viewer.find)(build_id)
        if build is None:
            await self.close(code=NOT_FOUND if viewer.user_id is not None else NOT_LOGGED_IN)
            return
        self._cursor = await self._start_after(build.run_id)
        self._sending = asyncio.Lock()
        self._group = live.group_name(build.run_id)
        # Join first, read then: an event in between is seen by both, and the cursor drops the second.
        await self.channel_layer.group_add(self._group, self.channel_name)
        self._tail = tails.join(build.run_id, self)
        self._guard = asyncio.create_task(self._check_access(viewer, build_id))

    async def _viewer(self, user: User | AnonymousUser, build_id: UUID) -> Viewer | None:
        ticket: str | None = self.scope.get("ticket")  # only the gate sets it, which else asks for the origin
        if ticket is None:
            return Viewer.of_page(user, self.scope.get("session"))
        viewer: Viewer | None = await database_sync_to_async(tickets.redeem)(ticket, build_id=build_id, user=user)
        return viewer

    async def _check_access(self, viewer: Viewer, build_id: UUID) -> None:
        """Close the socket within a minute after who follows logged out, was shut out, or lost the key or the build."""
        while True:
            await asyncio.sleep(self.check_seconds)
            with contextlib.suppress(DatabaseError):
                if await database_sync_to_async(viewer.find)(build_id) is None:
                    await self.close(code=NOT_LOGGED_IN)
                    return

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  the library's signature
        """Leave the group; the layer forgets by itself who could not."""
        if self._tail is not None:
            self._stop_watching()
            with contextlib.suppress(Exception):
                await self.channel_layer.group_discard(self._group, self.channel_name)

    def _stop_watching(self) -> None:
        if self._tail is not None:
            self._guard.cancel()
            tails.leave(self._tail, self)
            self._tail = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None, **_: Any) -> None:
        """Ignore whatever a page sends, JSON or not: it only listens."""

    async def give_up(self) -> None:
        """Close a page that is too slow to follow."""
        await self.close(code=TOO_SLOW)

    async def run_woke(self, _message: dict[str, Any]) -> None:
        """Look into the table, together with everybody else who watches."""
        if self._tail is not None:
            self._tail.look_soon()

    async def run_output(self, message: dict[str, Any]) -> None:
        """Pass a piece of output on."""
        await self.send_json({"type": "output", "node": message["node"], "text": message["text"]})

    async def catch_up(self, tail: Tail) -> None:
        """Send what this page has not seen, from the tail's memory or, further back, from the table."""
        async with self._sending:
            while events := await tail.unseen(self._cursor):
                for event in events:
                    await self.send_json({"type": "event", "event": event})
                    self._cursor = int(event["seq"])

    async def _start_after(self, run_id: UUID) -> int:
        given = self._asked_cursor()
        last: int = await database_sync_to_async(as_server()(selectors.last_seq))(run_id)
        if 0 <= given <= last:
            return given
        await self.send_json({"type": "reset", "last_seq": last})
        return last

    def _asked_cursor(self) -> int:
        query: str = self.scope.get("query_string", b"").decode("ascii", "replace")
        values: list[str] = [part.partition("=")[2] for part in query.split("&") if part.startswith("after=")]
        text: str = values[-1] if values else "0"
        return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_CURSOR)) else -1
