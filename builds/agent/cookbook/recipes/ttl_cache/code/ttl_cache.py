"""A cache whose values expire after a time."""

import time
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class TTLCache(Generic[Key, Value]):
    """Keep each value for a number of seconds after it was stored.

    The clock can be replaced, so that tests need not wait.

    :raises ValueError: the time to live is not positive.
    """

    def __init__(
        self, ttl_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if ttl_seconds <= 0:
            raise ValueError("ttl_seconds must be positive")
        self._ttl_seconds = ttl_seconds
        self._clock = clock
        self._entries: dict[Key, tuple[float, Value]] = {}

    def set(self, key: Key, value: Value, ttl_seconds: float | None = None) -> None:
        """Store a value, for the usual time or for one of its own."""
        lifetime = self._ttl_seconds if ttl_seconds is None else ttl_seconds
        self._entries[key] = (self._clock() + lifetime, value)

    def get(self, key: Key, default: Value | None = None) -> Value | None:
        """Return a value that has not expired, else the default."""
        expires, value = self._entries.get(key, (None, default))
        if expires is None or self._clock() < expires:
            return value
        del self._entries[key]
        return default

    def delete(self, key: Key) -> bool:
        """Forget a value and tell whether it was still there."""
        expires, _ = self._entries.pop(key, (None, None))
        return expires is not None and self._clock() < expires

    def purge(self) -> int:
        """Forget all expired values and return how many there were."""
        now = self._clock()
        expired = [key for key, (expires, _) in self._entries.items() if expires <= now]
        for key in expired:
            del self._entries[key]
        return len(expired)

    def __len__(self) -> int:
        now = self._clock()
        return sum(now < expires for expires, _ in self._entries.values())
