"""Live updates between processes, by way of Redis."""

import asyncio
from typing import Any

from channels_redis.core import RedisChannelLayer
from redis.asyncio.connection import AbstractConnection, ConnectionPool


class EndsWhenCancelled(AbstractConnection):
    """A connection on which a cancelled task ends.

    The library sends within ``asyncio.wait_for``, which before Python 3.12 forgets a cancellation that comes just as
    the sending is done. A page that closed at that moment left a reader behind that asked the broker forever.
    """

    async def send_packed_command(self, *given: Any, **more: Any) -> None:
        """Send a command; the connection is of no more use when its answer is not waited for."""
        task = asyncio.current_task()
        before = task.cancelling() if task else 0
        await super().send_packed_command(*given, **more)
        if task and task.cancelling() > before:
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


class HeedfulRedisChannelLayer(RedisChannelLayer):  # type: ignore[misc]  # channels has no types
    """The stock layer, whose readers end when they are told to."""

    def create_pool(self, index: int) -> ConnectionPool:
        """Return the pool of a server."""
        pool: ConnectionPool = super().create_pool(index)
        kind = pool.connection_class  # depends on the address: with TLS, without, or a socket's file
        pool.connection_class = type(kind.__name__, (EndsWhenCancelled, kind), {})
        return pool
