"""A bound on what a request may bring along, before any of it is kept."""

import re
from collections.abc import Awaitable, Callable, MutableMapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParserError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Application = Callable[[Any, Receive, Any], Awaitable[Any]]
UPLOADS = (
    (re.compile(r"(?:/api/v1)?/memory/documents/"), 10_500_000),
    (re.compile(r"/api/v1/attachments/"), 20_500_000),
    (re.compile(r"/builds/new/?"), 50_500_000),
    (re.compile(r"/chat/(?:[0-9a-f\-]{36}/)?"), 50_500_000),
)
"""Addresses that take files, and how many bytes each: the largest file, or some of them, and what stands around."""
_NOTHING: Message = {"type": "http.request", "body": b"", "more_body": False}


class BodyLimit:
    """Let Django see of a body that is too large only how long it is: it refuses it by that, in the usual way.

    By itself Django writes whatever comes to a temporary file before it looks at the length. A body that came without
    a length gets one, because the framework takes what has none for empty.
    """

    def __init__(self, application: Application) -> None:
        self._application = application

    async def __call__(self, scope: Any, receive: Receive, send: Any) -> Any:
        """Pass a request on with a body that is complete, or empty and known to be too long."""
        if scope["type"] == "http":
            receive = _Bounded(scope, receive).receive
        return await self._application(scope, receive, send)


class UploadLimit(FileUploadHandler):
    """Refuse an upload by its length. Django itself looks at the lengths of forms without files alone."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],  # noqa: ARG002
        META: dict[str, str],  # noqa: N803
        content_length: int,
        boundary: str,  # noqa: ARG002
        encoding: str | None = None,
    ) -> None:
        """Let Django go on, or not.

        :raises RequestDataTooBig: the request is longer than its address takes.
        :raises MultiPartParserError: its texts are not in UTF-8.
        """
        if content_length > most_at(META.get("PATH_INFO", "")):
            raise RequestDataTooBig
        if (encoding or "utf-8").lower() not in {"utf-8", "utf8"}:
            raise MultiPartParserError("only UTF-8 is taken")

    def receive_data_chunk(self, raw_data: bytes, _start: int) -> bytes:
        """Leave every part to the next handler."""
        return raw_data

    def file_complete(self, _file_size: int) -> None:
        """Leave every file to the next handler."""


def most_at(path: str) -> int:
    """Return how many bytes a request to an address may bring."""
    more = (most for address, most in UPLOADS if address.fullmatch(path))
    return next(more, settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0)


class _Bounded:
    def __init__(self, scope: Any, receive: Receive) -> None:
        self._scope, self._receive = scope, receive
        self._most = most_at(scope["path"])
        self._length = _declared_length(scope)
        self._seen = 0
        self._has_ended = False

    async def receive(self) -> Message:
        """Return the next part of the body; once it is too long, nothing, and then only the end of the connection."""
        if self._has_ended:
            return await self._disconnect()
        if (self._length or 0) > self._most:
            return self._end(_NOTHING)
        message = await self._receive()
        self._seen += len(message.get("body", b""))
        if self._seen > self._most:
            self._declare(self._seen)
            return self._end(_NOTHING)
        if message["type"] == "http.request" and not message.get("more_body", False):
            if self._length is None and self._seen:
                self._declare(self._seen)
            return self._end(message)
        return message

    def _end(self, message: Message) -> Message:
        self._has_ended = True
        return dict(message)

    def _declare(self, length: int) -> None:
        headers = [(name, value) for name, value in self._scope["headers"] if name != b"content-length"]
        self._scope["headers"] = [*headers, (b"content-length", str(length).encode())]

    async def _disconnect(self) -> Message:
        """Read on without keeping anything, so that a client that goes on sending comes to see the answer."""
        while (message := await self._receive())["type"] != "http.disconnect":
            pass
        return message


def _declared_length(scope: Any) -> int | None:
    given = next((value for name, value in scope["headers"] if name == b"content-length"), None)
    return int(given) if given is not None and given.isdigit() else None
