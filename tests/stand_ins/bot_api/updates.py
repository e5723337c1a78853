"""Updates that wait for the bot, and the one request that may wait for them."""

import time
from collections.abc import Callable
from threading import Condition

from tests.stand_ins.bot_api.refusals import Json, conflict

FIRST_UPDATE_ID = 700_000_001
ONLY_WHEN_ASKED_FOR = {"chat_member", "message_reaction", "message_reaction_count"}
OTHER_REQUEST = "terminated by other getUpdates request; make sure that only one bot instance is running"
SET_WEBHOOK = "terminated by setWebhook request"


class Updates:
    """Keep updates in order until they are confirmed."""

    def __init__(self, changed: Condition) -> None:
        self.allowed: list[str] = []
        self.stopped = False
        self._changed = changed
        self._next_id = FIRST_UPDATE_ID
        self._pending: list[Json] = []
        self._poll = 0
        self._ended_by = OTHER_REQUEST

    @property
    def pending(self) -> list[Json]:
        """Return what is not confirmed."""
        return list(self._pending)

    def add(self, kind: str, content: Json) -> int:
        """Queue an update of a kind; what the bot does not want gets its number, and is dropped."""
        with self._changed:
            update_id = self._next_id
            self._next_id += 1
            if self._wants(kind):
                self._pending.append({"update_id": update_id, kind: content})
            self._changed.notify_all()
            return update_id

    def poll(self, offset: int, limit: int, seconds: float) -> list[Json]:
        """Return updates, as soon as there are any.

        :raises Refused: another request took this one's place.
        """
        with self._changed:
            mine = self.end_polls(OTHER_REQUEST)
            self._confirm(offset)
            until = time.monotonic() + seconds
            while not self._pending and not self.stopped and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
                if self._poll != mine:
                    raise conflict(self._ended_by)
            return self._pending[:limit]

    def end_polls(self, reason: str) -> int:
        """Make requests that wait give up; return the number of the next one."""
        self._ended_by = reason
        self._poll += 1
        self._changed.notify_all()
        return self._poll

    def first(self, wanted: Callable[[], bool]) -> Json | None:
        """Wait for the oldest update, as long as it is wanted."""
        with self._changed:
            while wanted() and not self._pending and not self.stopped:
                self._changed.wait(1)
            return self._pending[0] if self._pending and wanted() and not self.stopped else None

    def done(self, update_id: int) -> None:
        """Forget an update that was delivered."""
        self._keep([update for update in self._pending if update["update_id"] != update_id])

    def drop(self) -> None:
        """Forget all."""
        self._keep([])

    def _keep(self, pending: list[Json]) -> None:
        with self._changed:
            self._pending = pending
            self._changed.notify_all()

    def _confirm(self, offset: int) -> None:
        if offset > 0:
            self._pending = [update for update in self._pending if update["update_id"] >= offset]
        elif offset < 0:
            self._pending = self._pending[offset:]

    def _wants(self, kind: str) -> bool:
        return kind in self.allowed if self.allowed else kind not in ONLY_WHEN_ASKED_FOR
