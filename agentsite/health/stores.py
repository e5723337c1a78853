"""Looking at what keeps things: database, broker, vectors, disk."""

import os
import time

from django.conf import settings
from django.db import Error as DatabaseProblem
from django.db import connection

from agentsite import schema
from agentsite.health.part import Part, degraded, down, ok
from memory.selectors import ping_index

_REDIS_SECONDS = 1.0
_LOOK_AT_SCHEMA_SECONDS = 60.0
_FULL_BYTES = 500_000_000
_FULL, _LOW = 0.02, 0.10
_schema_is_good_until = 0.0


def database() -> Part:
    """Ask the database for one row, and now and then whether all migrations were applied."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        missing = _missing_migrations()
    except DatabaseProblem:
        return down(connection.vendor, "database.unreachable")
    return down(connection.vendor, "database.behind", count=missing) if missing else ok(connection.vendor)


def _missing_migrations() -> int:
    global _schema_is_good_until  # noqa: PLW0603  one memory for the process
    if time.monotonic() < _schema_is_good_until:
        return 0
    missing = len(schema.unapplied())
    if not missing:
        _schema_is_good_until = time.monotonic() + _LOOK_AT_SCHEMA_SECONDS
    return missing


def broker() -> Part:
    """Ask Redis to answer; without one the broker is in this process."""
    if not settings.REDIS_URL:
        return ok("in process")
    import redis
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    patience = {"socket_timeout": _REDIS_SECONDS, "socket_connect_timeout": _REDIS_SECONDS}
    try:
        with redis.Redis.from_url(settings.REDIS_URL, retry=Retry(NoBackoff(), 0), **patience) as client:
            client.ping()
    except redis.RedisError:
        return down("redis", "broker.unreachable")
    return ok("redis")


def vectors() -> Part:
    """Ask the vector store to answer; without it memory is searched by words, and builds go on."""
    found = ping_index()
    if found.reason == "memory.index.locked":
        return degraded(found.engine, found.reason)
    return down(found.engine, found.reason) if found.reason else ok(found.engine)


def disk() -> Part:
    """Look how much room the data directory has."""
    try:
        found = os.statvfs(settings.DATA_DIR)
    except OSError:
        return down("", "disk.unreadable")
    free, files = (
        _share(found.f_blocks, found.f_bfree, found.f_bavail),
        _share(found.f_files, found.f_ffree, found.f_favail),
    )
    return judge_room(free, found.f_bavail * found.f_frsize, files)


def _share(total: int, free: int, available: int) -> float:
    """Return how much of what ordinary users may use is left; file systems without a count of files have plenty."""
    usable = total - free + available
    return available / usable if usable > 0 else 1.0


def judge_room(free: float, free_bytes: int, files: float) -> Part:
    """Say what shares and bytes that are left mean."""
    shown = f"{free:.0%}"
    if free < _FULL or free_bytes < _FULL_BYTES:
        return down(f"{shown} free", "disk.full")
    if files < _FULL:
        return down(f"{shown} free", "disk.few_files")
    if free < _LOW:
        return degraded(f"{shown} free", "disk.low", free=shown)
    return degraded(f"{shown} free", "disk.few_files") if files < _LOW else ok(f"{shown} free")
