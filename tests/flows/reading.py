"""A reader of ``text/event-stream`` that speaks ASGI with the application in this process."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from asgiref.testing import ApplicationCommunicator

from agentsite.web import WebHandler

_communicator: Any = ApplicationCommunicator  # has no types


@dataclass
class Message:
    """One message of a stream; ``kind`` is empty for a comment."""

    kind: str
    data: Any = None
    id: str = ""


def parsed(block: str) -> Message:
    """Read the lines of one message."""
    lines = [line.partition(": ") for line in block.splitlines()]
    fields = {name: value for name, _, value in lines}
    return Message(fields.get("event", ""), json.loads(fields.get("data", "null")), fields.get("id", ""))


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """Read messages out of lines, as a client of a real server gets them."""
    block: list[str] = []
    for line in lines:
        if line:
            block.append(line)
        else:
            yield parsed("\n".join(block))
            block = []


@dataclass
class Reader:
    """Somebody who reads one answer."""

    line: Any
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    rest: str = ""
    is_over: bool = False

    async def begin(self) -> None:
        """Wait for status and headers."""
        start = await self.line.receive_output(timeout=10)
        self.status = start["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}

    async def body(self) -> bytes:
        """Return the whole of an answer that ends."""
        whole: bytes = b""
        while True:
            part = await self.line.receive_output(timeout=10)
            whole += part.get("body", b"")
            if not part.get("more_body"):
                return whole

    async def next(self, timeout: float = 10) -> Message | None:  # noqa: ASYNC109  a test's patience
        """Return the next message, comments and greetings too; None when the stream is over."""
        while "\n\n" not in self.rest and not self.is_over:
            part = await self.line.receive_output(timeout=timeout)
            self.rest += part.get("body", b"").decode()
            self.is_over = not part.get("more_body")
        block, _, self.rest = self.rest.partition("\n\n")
        return parsed(block) if block else None

    async def until(self, kind: str) -> list[Message]:
        """Return the messages up to the first of a kind, without comments."""
        seen: list[Message] = []
        while not seen or seen[-1].kind != kind:
            message = await self.next()
            if message is None:
                break
            seen += [message] if message.kind else []
        return seen

    async def numbers(self, count: int) -> list[int]:
        """Return the numbers of the next events."""
        seen: list[int] = []
        while len(seen) < count:
            message = await self.next()
            assert message is not None
            seen += [int(message.id)] if message.id else []
        return seen

    async def leave(self) -> None:
        """Go away in the middle."""
        await self.line.send_input({"type": "http.disconnect"})
        await self.line.wait(timeout=10)


def scope_of(path: str, **headers: str) -> dict[str, Any]:
    """Return how a server describes a GET to the application."""
    path, _, query = path.partition("?")
    given = [(name.replace("_", "-").lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "query_string": query.encode(),
        "headers": [(b"host", b"localhost"), *given],
    }


@asynccontextmanager
async def reading(path: str, **headers: str) -> AsyncIterator[Reader]:
    """Ask for an address and read what comes."""
    reader = Reader(_communicator(WebHandler(), scope_of(path, **headers)))
    await reader.line.send_input({"type": "http.request", "body": b""})
    try:
        await reader.begin()
        yield reader
    finally:
        if not reader.line.future.done():
            await reader.leave()
            await asyncio.sleep(0)
