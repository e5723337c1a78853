"""``/livez`` and ``/readyz``."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache

from agentsite import health


@never_cache
def livez(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say for each part whether it works; 503 when one that builds need does not."""
    parts = health.parts()
    status = health.status_of(parts)
    return JsonResponse({"status": status, "parts": parts}, status=503 if status == "not ready" else 200)


_VIEWS = {"/livez": livez, "/readyz": readyz}


class HealthMiddleware:
    """Answer these two before anything asks the database who it is, or sends a probe to HTTPS."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or hand on what is something else."""
        return _VIEWS.get(request.path, self.get_response)(request)
