"""The day's limit on API calls, told in the headers of every answer."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from agentsite.accounts import quota
from agentsite.accounts.models import User

if TYPE_CHECKING:  # the framework loads this file while it loads its views
    from rest_framework.views import APIView


class DailyQuota(BaseThrottle):
    """Count each call of somebody who is known, and refuse it when the day's are used up.

    With a key it was counted as the key was found.
    """

    _seconds: int | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:  # noqa: ARG002  the framework's signature
        """Say whether the request may go on."""
        if not isinstance(request.user, User):
            return True
        plain: Any = request._request  # noqa: SLF001  the middleware's request
        allowance = plain.allowance = getattr(plain, "allowance", None) or quota.count_call(request.user)
        self._seconds = allowance.reset_seconds
        if allowance.is_exhausted:
            quota.note_refusal(request.user)
        return not allowance.is_exhausted

    def wait(self) -> float | None:
        """Return the seconds until the next day, for ``Retry-After``."""
        return self._seconds


class RateLimitMiddleware:
    """Say in ``RateLimit-*`` what is left."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with what ``DailyQuota`` has found."""
        response = self.get_response(request)
        allowance: quota.Allowance | None = getattr(request, "allowance", None)
        if allowance is not None:
            response["RateLimit-Limit"] = str(allowance.limit)
            response["RateLimit-Remaining"] = str(allowance.remaining)
            response["RateLimit-Reset"] = str(allowance.reset_seconds)
        return response
