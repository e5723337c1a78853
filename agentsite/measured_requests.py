"""Counting, timing and tracing requests, by the names of views: an address that is none of ours has no name."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django_prometheus.middleware import PrometheusAfterMiddleware, PrometheusBeforeMiddleware

from agentsite.common import tracing
from agentsite.common.measures import Bounded, counter

ERRORS = counter(
    "agentsite_api_errors_total",
    "Requests to the API that were refused, by the code that they were told.",
    *("code", "status"),
)
REPLAYS = counter("agentsite_idempotent_replays_total", "Requests that got the answer that their key got before.")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "OPTIONS", "CONNECT", "PATCH"})
_REFUSED, _OURS = 400, 500
_codes = Bounded(200)
Answer = Callable[[HttpRequest], HttpResponse]


class BeforeMiddleware(PrometheusBeforeMiddleware):  # type: ignore[misc]  # the library has no types
    """Count and time requests with all middleware; left out where nobody asks."""

    def __init__(self, get_response: Answer) -> None:
        _refuse_unless(is_wanted=settings.PROMETHEUS_ENABLED)
        super().__init__(get_response)


class AfterMiddleware(PrometheusAfterMiddleware):  # type: ignore[misc]
    """Count and time requests by view and method, and the API's refusals by code."""

    def __init__(self, get_response: Answer) -> None:
        _refuse_unless(is_wanted=settings.PROMETHEUS_ENABLED)
        super().__init__(get_response)

    def process_request(self, request: HttpRequest) -> None:
        """Count a request, also one that says of its length what is no number."""
        with suppress(ValueError):
            super().process_request(request)

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        """Count an answer."""
        if response.headers.get("Idempotency-Replayed"):
            REPLAYS.inc()
        if code := _code_of(response):
            ERRORS.labels(_codes(code), response.status_code).inc()
        answer: HttpResponse = super().process_response(request, response)
        return answer

    def label_metric(self, metric: Any, request: HttpRequest, response: Any = None, **labels: str) -> Any:
        """Choose labels; a method is whatever a caller sent, so there is one name for all strange ones."""
        if labels.get("method", "GET") not in _METHODS:
            labels["method"] = "<invalid method>"
        return super().label_metric(metric, request, response, **labels)


class TraceMiddleware:
    """Begin a trace with a request, or go on with the one that its ``traceparent`` names."""

    def __init__(self, get_response: Answer) -> None:
        _refuse_unless(is_wanted=tracing.is_on())
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer; the span is called after the view, once that is known."""
        method = request.method if request.method in _METHODS else "OTHER"
        parent = request.headers.get("traceparent", "")
        with tracing.span(f"{method}", parent=parent, is_server=True) as span:
            response = self.get_response(request)
            found = request.resolver_match
            view = (found.view_name if found else "") or "<unnamed view>"
            status = response.status_code
            span.rename(f"{method} {view}")
            span.set(http__request__method=f"{method}", http__route=view, http__response__status_code=status)
            span.fail(_code_of(response) or str(status) if status >= _OURS else "")
        return response


def _refuse_unless(*, is_wanted: bool) -> None:
    if not is_wanted:
        raise MiddlewareNotUsed


def _code_of(response: HttpResponse) -> str:
    """Return the code that an answer of the API tells; empty for any other answer."""
    told = getattr(response, "data", None)
    error = told.get("error") if response.status_code >= _REFUSED and isinstance(told, dict) else None
    return str(error.get("code", "")) if isinstance(error, dict) else ""
