"""Django's ASGI handler, with a request's middleware and view in one go.

Django's own goes back to the event loop between the middleware and the view and once more to render, each time by way
of a thread: five changes of thread a request instead of one. All our middleware and nearly all views are synchronous.
"""

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class WebHandler(ASGIHandler):
    """Answer each request in one thread; an asynchronous view still runs on the event loop."""

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Return the answer of the synchronous chain."""
        return await sync_to_async(self.get_response)(request)
