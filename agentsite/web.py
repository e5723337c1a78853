"""Django's ASGI handler, with all of a request in one go, in a thread that stays and keeps its connection.

Django's own makes a thread for each request and goes back to the event loop five times between its signals, middleware,
view and end; each thread then sets up a connection of its own. All our middleware and nearly all views are synchronous.
See docs/adr/0025-requests-in-threads-that-stay.md.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from typing import IO, Any, cast

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from agentsite import kept_connections

_PATIENCE_SECONDS = 0.5
"""How long a request waits for a thread that stays before it gets one of its own."""
Message = Any
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class WebHandler(ASGIHandler):
    """Answer each request in one thread; an asynchronous view still runs on the event loop."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        threads = ThreadPoolExecutor(settings.WEB_THREADS, "web", initializer=kept_connections.stay)
        self._answer_here = sync_to_async(self._answer, thread_sensitive=False, executor=threads)
        self._answer_apart = sync_to_async(self._answer, thread_sensitive=True)
        self._free = asyncio.Semaphore(settings.WEB_THREADS)

    async def handle(self, scope: Any, receive: Receive, send: Send) -> None:
        """Answer a request whose body has come completely; who goes before that is not answered."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            async with self._thread() as answer:
                response = await answer(scope, body)
            if response.streaming:
                await self._stream(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            body.close()

    @asynccontextmanager
    async def _thread(self) -> AsyncIterator[Callable[..., Awaitable[HttpResponseBase]]]:
        """Choose where to answer: where requests hang that stay, others must not wait for them."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS if self._free.locked() else None):
                await self._free.acquire()
        except TimeoutError:
            yield self._answer_apart
            return
        try:
            yield self._answer_here
        finally:
            self._free.release()

    def _answer(self, scope: Any, body: IO[bytes]) -> HttpResponseBase:
        """Return the answer of the synchronous chain; one that is there as a whole is through with its resources."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        kept_connections.drop_broken()
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__  # noqa: SLF001  it names who has ended
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if response.streaming:
            close_old_connections()  # it ends elsewhere, and later
        else:
            response.close()
        return cast("HttpResponseBase", response)

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send piece by piece, until the end or until nobody reads any more."""
        sending = asyncio.ensure_future(self.send_response(response, send))
        leaving = asyncio.ensure_future(self.listen_for_disconnect(receive))
        try:
            await asyncio.wait([sending, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (leaving, sending):
                task.cancel()
            with suppress(asyncio.CancelledError, RequestAborted):
                await leaving
            try:
                with suppress(asyncio.CancelledError):
                    await sending
            finally:
                await sync_to_async(response.close)()
