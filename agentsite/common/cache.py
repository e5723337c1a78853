"""The shared cache, which may be away: what it would have known is then not known."""

from typing import Any

import redis
import structlog
from django.core.cache.backends.redis import RedisCache

log = structlog.get_logger(__name__)


class ForgivingRedisCache(RedisCache):
    """Redis that behaves as an empty cache while it can't be reached."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        """Return the value, or the default."""
        return self._tried(lambda: super(ForgivingRedisCache, self).get(key, default, version), default)

    def set(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> None:
        """Keep a value if possible."""
        self._tried(lambda: super(ForgivingRedisCache, self).set(key, value, *args, **kwargs), None)

    def add(self, key: Any, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Keep a value unless there is one; True when nobody can say."""
        return bool(self._tried(lambda: super(ForgivingRedisCache, self).add(key, value, *args, **kwargs), True))

    def delete(self, key: Any, version: int | None = None) -> bool:
        """Forget a value if possible."""
        return bool(self._tried(lambda: super(ForgivingRedisCache, self).delete(key, version), False))

    def _tried(self, call: Any, otherwise: Any) -> Any:
        try:
            return call()
        except (redis.RedisError, OSError) as error:
            log.warning("cache.unreachable", error=type(error).__name__)
            return otherwise
