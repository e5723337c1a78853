"""A token bucket that limits how often something may happen."""

import threading
import time
from collections.abc import Callable


class TokenBucket:
    """Allow bursts up to a capacity and a steady rate of tokens per second.

    The bucket starts full, is safe to use from several threads, and its clock can be
    replaced, so that tests need not wait.

    :raises ValueError: the rate or the capacity is not positive.
    """

    def __init__(
        self,
        rate: float,
        capacity: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if rate <= 0 or capacity <= 0:
            raise ValueError("rate and capacity must be positive")
        self._rate = rate
        self._capacity = capacity
        self._clock = clock
        self._tokens = capacity
        self._updated = clock()
        self._lock = threading.Lock()

    def try_acquire(self, tokens: float = 1) -> bool:
        """Take tokens if there are enough and tell whether there were."""
        with self._lock:
            self._refill()
            if tokens > self._tokens:
                return False
            self._tokens -= tokens
            return True

    def wait_seconds(self, tokens: float = 1) -> float:
        """Tell how long to wait until so many tokens are there; 0 means now.

        :raises ValueError: the bucket never holds so many.
        """
        if tokens > self._capacity:
            raise ValueError("the bucket never holds so many tokens")
        with self._lock:
            self._refill()
            return max(0.0, (tokens - self._tokens) / self._rate)

    def available(self) -> float:
        """Tell how many tokens are in the bucket now."""
        with self._lock:
            self._refill()
            return self._tokens

    def _refill(self) -> None:
        now = self._clock()
        earned = (now - self._updated) * self._rate
        self._tokens = min(self._capacity, self._tokens + earned)
        self._updated = now
