"""What every request carries: an id that also stands in its log lines and its answers."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from agentsite.common.ids import uuid7
from agentsite.common.logs import lines_about

_ACCEPTED = re.compile(r"[A-Za-z0-9-]{8,64}")


def request_id(request: HttpRequest) -> str:
    """Return the id given to a request; empty outside the middleware."""
    return getattr(request, "request_id", "")


class RequestIdMiddleware:
    """Give each request an id: the caller's own where it is harmless, else a new one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the id in ``X-Request-Id``."""
        given = request.headers.get("X-Request-Id", "")
        identifier = given if _ACCEPTED.fullmatch(given) else str(uuid7())
        request.request_id = identifier  # type: ignore[attr-defined]
        with lines_about(request_id=identifier):
            response = self.get_response(request)
        response["X-Request-Id"] = identifier
        return response
