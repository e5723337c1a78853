"""How fast Telegram wants to be spoken to: some 30 messages a second in all, one a second in a chat."""

import time
from collections import deque
from collections.abc import Callable

PER_SECOND = 25
CHAT_SECONDS = 1.05


class Pace:
    """Remember what was sent when; of one process, which is the only one that sends.

    What counts is when a call had ended: when within it Telegram saw it can't be known.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[int, float] = {}
        self._recent: deque[float] = deque()

    def room(self) -> int:
        """Return how many more messages may go out at this moment."""
        self._forget()
        return PER_SECOND - len(self._recent)

    def busy(self) -> set[int]:
        """Return the chats that may not be written to at this moment."""
        self._forget()
        return set(self._last)

    def note(self, chat_id: int) -> None:
        """Count a message that has gone out."""
        now = self._clock()
        self._last[chat_id] = now
        self._recent.append(now)

    def _forget(self) -> None:
        now = self._clock()
        while self._recent and self._recent[0] <= now - 1.0:
            self._recent.popleft()
        self._last = {chat: sent for chat, sent in self._last.items() if sent > now - CHAT_SECONDS}
