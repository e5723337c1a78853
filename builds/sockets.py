"""What the sockets of pages have in common: how many are open, and what they are sent, is counted."""

from typing import Any

from channels.generic.websocket import AsyncJsonWebsocketConsumer

from builds import measures


class Socket(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """A counted socket.

    ``of`` says what it follows.
    """

    of: str
    _is_open = False

    async def __call__(self, *given: Any) -> None:
        """Serve the socket; however it ends, it is not open afterwards."""
        try:
            await super().__call__(*given)
        finally:
            if self._is_open:
                measures.WATCHERS.labels("socket", self.of).dec()

    async def accept(self, *given: Any, **more: Any) -> None:
        """Open the socket."""
        await super().accept(*given, **more)
        self._is_open = True
        measures.WATCHERS.labels("socket", self.of).inc()

    async def send_json(self, content: dict[str, Any], close: bool = False) -> None:  # noqa: FBT001, FBT002  the library's signature
        """Send one message; each has a type."""
        await super().send_json(content, close)
        measures.TOLD.labels("socket", self.of, content["type"]).inc()
