"""Whether this process lives, and whether it can do its work."""

from collections.abc import Callable

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache

from builds import engine
from memory.selectors import index_health


@never_cache
def livez(_request: HttpRequest) -> JsonResponse:
    """Answer as long as the process can answer at all."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(_request: HttpRequest) -> JsonResponse:
    """Say for each part whether it works; 503 when one that builds need does not."""
    parts = {name: check() for name, check in CHECKS.items()}
    is_ready = all(part["ok"] for part in parts.values())
    return JsonResponse({"status": "ok" if is_ready else "not ready", "parts": parts}, status=200 if is_ready else 503)


def database() -> dict[str, object]:
    """Ask the database for one row."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseProblem as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "engine": connection.vendor}


def broker() -> dict[str, object]:
    """Ask Redis to answer; without one the broker is in this process."""
    if not settings.REDIS_URL:
        return {"ok": True, "engine": "in process"}
    import redis

    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2).ping()
    except redis.RedisError as error:
        return {"ok": False, "engine": "redis", "error": type(error).__name__}
    return {"ok": True, "engine": "redis"}


def sandbox() -> dict[str, object]:
    """Say in which sandbox code runs here, or what to do to get one."""
    health = engine.sandbox_health()
    if health.description is None:
        return {"ok": False, "error": health.error.code if health.error else "sandbox.unavailable"}
    return {"ok": True, "engine": health.description.backend, "identity": health.description.identity}


def model() -> dict[str, object]:
    """Name the model that builds use."""
    return {"ok": True, "engine": engine.model_name()}


def vectors() -> dict[str, object]:
    """Say where vectors are kept; without an index memory is searched by words, and builds go on."""
    try:
        found = index_health()
    except DatabaseProblem as error:
        return {"ok": True, "engine": "unknown", "available": False, "reason": type(error).__name__}
    return {"ok": True, "engine": found.engine, "available": found.is_available, "reason": found.reason}


CHECKS: dict[str, Callable[[], dict[str, object]]] = {
    "database": database,
    "broker": broker,
    "sandbox": sandbox,
    "model": model,
    "vectors": vectors,
}
