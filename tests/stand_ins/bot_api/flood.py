"""How much a bot may send: leaky buckets, and who came back too early."""

import math
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.stand_ins.bot_api.refusals import too_many


@dataclass(frozen=True)
class FloodLimits:
    """Sends and edits a second, over all chats and in one, with what may come at once.

    What comes within the grace after a 429 was on its way when that was told, and counts as refused, not as ignored.
    """

    per_second: float = 30
    burst: int = 30
    chat_per_second: float = 1
    chat_burst: int = 3
    grace_seconds: float = 0.05


@dataclass
class _Bucket:
    rate: float
    burst: int
    level: float = 0.0
    at: float = 0.0
    closed_at: float = 0.0
    closed_until: float = 0.0

    def wait(self, now: float) -> float:
        """Return for how long nothing more fits in."""
        self.level = max(0.0, self.level - (now - self.at) * self.rate)
        self.at = now
        return max(0.0, (self.level + 1 - self.burst) / self.rate)


@dataclass
class Flood:
    """Refuse what comes too fast, and count what came although it was asked to wait.

    Without limits nothing is refused, but what ignores a 429 that a fault gave is counted all the same.
    """

    limits: FloodLimits | None = None
    ignored_by_chat: Counter[int] = field(default_factory=Counter)
    ignored_overall: int = 0
    _chats: dict[int, _Bucket] = field(default_factory=dict)
    _promised: dict[int | str, float] = field(default_factory=dict)
    _all: _Bucket = field(default_factory=lambda: _Bucket(1, 1))

    def __post_init__(self) -> None:
        if self.limits:
            self._all = _Bucket(self.limits.per_second, self.limits.burst)

    @property
    def ignored(self) -> int:
        """Return how often a 429 was ignored, in a chat or over all."""
        return self.ignored_by_chat.total() + self.ignored_overall

    def admit(self, chat_id: int) -> None:
        """Let a send or an edit in.

        :raises Refused: it comes too fast, or before the time it was told.
        """
        if not self.limits:
            return
        now = time.monotonic()
        fresh = _Bucket(self.limits.chat_per_second, self.limits.chat_burst)
        chat = self._chats.setdefault(chat_id, fresh)
        if now < self._all.closed_until:
            self.ignored_overall += self._is_ignored(self._all, now)
            raise too_many(math.ceil(self._all.closed_until - now))
        if now < chat.closed_until:
            self.ignored_by_chat[chat_id] += self._is_ignored(chat, now)
            raise too_many(math.ceil(chat.closed_until - now))
        _fill(now, self._all, chat)

    def promise(self, key: int | str, seconds: float) -> None:
        """Note that a fault told a chat, or a method without one, to wait."""
        self._promised[key] = max(self._promised.get(key, 0), time.monotonic() + seconds)

    def look_for_ignored(self, chat_id: int, key: int | str) -> None:
        """Count a call that comes before a promised time."""
        if time.monotonic() < self._promised.get(key, 0):
            self.ignored_by_chat[chat_id] += 1

    def _is_ignored(self, bucket: _Bucket, now: float) -> bool:
        return self.limits is not None and now - bucket.closed_at > self.limits.grace_seconds


def _fill(now: float, *buckets: _Bucket) -> None:
    for bucket in buckets:
        seconds = bucket.wait(now)
        if seconds > 0:
            bucket.closed_at, bucket.closed_until = now, now + math.ceil(seconds)
            raise too_many(math.ceil(seconds))
    for bucket in buckets:
        bucket.level += 1
