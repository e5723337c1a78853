"""Live updates inside one process."""

import asyncio
from typing import Any

from channels.layers import InMemoryChannelLayer


class InProcessChannelLayer(InMemoryChannelLayer):  # type: ignore[misc]  # channels has no types
    """Deliver messages on the event loop that reads them.

    The stock layer puts a message into an asyncio queue from whichever thread sends it, which does not wake a reader
    that waits on another thread's loop; there it is seen only when something else happens to wake that loop.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reading_loop: asyncio.AbstractEventLoop | None = None

    async def receive(self, channel: str) -> dict[str, Any]:
        """Wait for the next message of a channel, and remember the loop that reads."""
        self._reading_loop = asyncio.get_running_loop()
        message: dict[str, Any] = await super().receive(channel)
        return message

    def group_send_soon(self, group: str, message: dict[str, Any]) -> None:
        """Send to every member of a group from a thread without a loop; costs next to nothing when nobody listens."""
        loop = self._reading_loop
        if self.groups.get(group) and loop is not None and not loop.is_closed():
            asyncio.run_coroutine_threadsafe(super().group_send(group, message), loop)

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        """Send to every member of a group, on the loop that reads."""
        loop = self._reading_loop
        if loop is None or loop is asyncio.get_running_loop() or loop.is_closed():
            await super().group_send(group, message)
            return
        asyncio.run_coroutine_threadsafe(super().group_send(group, message), loop)
