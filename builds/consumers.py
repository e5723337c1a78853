"""The build page's socket: what is in the table after ``after``, then every event as it is recorded, in order."""

import asyncio
import contextlib
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError
from django.utils.crypto import constant_time_compare

from agentsite.accounts.models import User
from builds import selectors, sharing
from builds.runs import live
from builds.tails import Tail, tails

NOT_LOGGED_IN = 4401
NOT_FOUND = 4404
TOO_SLOW = 4408
_CHECK_ACCESS_SECONDS = 60.0
_MAX_CURSOR = 10**12


class BuildConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """Send a build's events after a cursor without gaps or repeats.

    Messages: ``{"type": "event", "event": {…}}``, ``{"type": "output", "node": …, "text": …}`` (not kept, may be
    missed), ``{"type": "reset", "last_seq": N}`` when the cursor is not one that this server gave out.
    """

    _tail: Tail | None = None

    async def __call__(self, *given: Any) -> None:
        """Serve the socket, and leave the watchers however it ends: by a farewell, or by an error of any kind."""
        try:
            await super().__call__(*given)
        finally:
            self._stop_watching()

    async def connect(self) -> None:
        """Accept whoever may see the build; say why when closing, so that the page knows whether to come back."""
        await self.accept()
        user = self.scope.get("user") or AnonymousUser()
        build_id: UUID = self.scope["url_route"]["kwargs"]["build_id"]
        build = await database_sync_to_async(sharing.find_readable)(user, self.scope.get("session"), build_id)
        if build is None:
            await self.close(code=NOT_FOUND if user.is_authenticated else NOT_LOGGED_IN)
            return
        self._cursor = await self._start_after(build.run_id)
        self._sending = asyncio.Lock()
        self._group = live.group_name(build.run_id)
        # Join first, read then: an event in between is seen by both, and the cursor drops the second.
        await self.channel_layer.group_add(self._group, self.channel_name)
        self._tail = tails.join(build.run_id, self)
        self._guard = asyncio.create_task(self._check_access(build_id))

    async def _check_access(self, build_id: UUID) -> None:
        """Close the socket within a minute after its person logged out, was shut out, or lost the build."""
        while True:
            await asyncio.sleep(_CHECK_ACCESS_SECONDS)
            with contextlib.suppress(DatabaseError):
                if not await database_sync_to_async(_still_sees)(self.scope, build_id):
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
            while self._cursor < tail.last_seq:
                events = tail.after(self._cursor)
                if events is None:
                    events = await tail.read(self._cursor)
                if not events:
                    return
                for event in events:
                    await self.send_json({"type": "event", "event": event})
                    self._cursor = int(event["seq"])

    async def _start_after(self, run_id: UUID) -> int:
        given = self._asked_cursor()
        last: int = await database_sync_to_async(selectors.last_seq)(run_id)
        if 0 <= given <= last:
            return given
        await self.send_json({"type": "reset", "last_seq": last})
        return last

    def _asked_cursor(self) -> int:
        query: str = self.scope.get("query_string", b"").decode("ascii", "replace")
        values: list[str] = [part.partition("=")[2] for part in query.split("&") if part.startswith("after=")]
        text: str = values[-1] if values else "0"
        return int(text) if text.isascii() and text.isdigit() and len(text) <= len(str(_MAX_CURSOR)) else -1


def _has_same_password(session: SessionStore, user: User) -> bool:
    """Say whether the session was begun with the password of today; Django ends the others in the same way."""
    return constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash())


def _still_sees(scope: dict[str, Any], build_id: UUID) -> bool:
    """Say whether the socket's session is still logged in and may still see the build."""
    session = scope.get("session")
    stored = SessionStore(session.session_key) if session is not None else None
    user = User.objects.filter(pk=scope["user"].pk, is_active=True).first()
    is_logged_in = stored is None or (SESSION_KEY in stored and user is not None and _has_same_password(stored, user))
    person = user if user is not None and is_logged_in else AnonymousUser()
    return sharing.find_readable(person, stored, build_id) is not None
