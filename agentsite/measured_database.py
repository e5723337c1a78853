"""Timing every statement, and telling how full the pool of connections is.

django-prometheus brings database backends for this; they replace Django's, and know nothing of psycopg's pool.
"""

import time
from collections.abc import Callable
from threading import Lock
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from agentsite.common.measures import SHORT_SECONDS, counter, gauge, histogram

STATEMENTS = histogram("agentsite_database_seconds", "How long statements took.", "database", buckets=SHORT_SECONDS)
FAILURES = counter(
    "agentsite_database_errors_total", "Statements that failed, by the kind of error.", "database", "error"
)
POOL = gauge(
    "agentsite_database_pool",
    "Connections of all pools: size, available, and requests_waiting for one.",
    *("database", "state"),
)
_POOL_STATES = {"size": "pool_size", "available": "pool_available", "requests_waiting": "requests_waiting"}
_LOOK_SECONDS = 1.0


class _Looks:
    def __init__(self) -> None:
        self._lock, self._next = Lock(), 0.0

    def is_due(self) -> bool:
        """Say so once a second at most, to one thread."""
        now = time.monotonic()
        if now < self._next:
            return False
        with self._lock:
            is_first, self._next = now >= self._next, now + _LOOK_SECONDS
        return is_first


_looks = _Looks()


def measure(connection: BaseDatabaseWrapper, **_: object) -> None:
    """Let a connection time its statements; for ``connection_created``."""
    if _timed not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, _timed)


def _timed(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: FBT001  Django's signature
    connection = context["connection"]
    began = time.perf_counter()
    try:
        return execute(sql, params, many, context)
    except Exception as error:
        FAILURES.labels(connection.alias, type(error).__name__).inc()
        raise
    finally:
        STATEMENTS.labels(connection.alias).observe(time.perf_counter() - began)
        if _looks.is_due():
            _look(connection)


def _look(connection: BaseDatabaseWrapper) -> None:
    pool = getattr(connection, "pool", None)
    if pool is not None:
        stats = pool.get_stats()
        for state, name in _POOL_STATES.items():
            POOL.labels(connection.alias, state).set(stats.get(name, 0))
