"""Saying that the vector index has to follow. The table is the queue: a message is only a hint and may be lost."""

import threading

import structlog
from django.db import DatabaseError, connections

from memory.models.vectors import VectorMemory, VectorTombstone

log = structlog.get_logger(__name__)
HINT_SECONDS = 15


def announce() -> bool:
    """Send one hint to whoever runs short tasks; False when the broker is away. Never raises, never waits long."""
    from memory import tasks

    try:
        tasks.follow_index.apply_async(expires=HINT_SECONDS, retry=False)
    except Exception as error:  # noqa: BLE001  what is stored must succeed without a broker; the lookout sees to it
        log.warning("memory.queue.unreachable", error=type(error).__name__)
        return False
    return True


def look() -> None:
    """See to it that the index follows, whatever became of the hint; without a broker beside this thread."""
    if _is_behind() and not announce():
        threading.Thread(target=_follow, name="memory", daemon=True).start()


def _is_behind() -> bool:
    return VectorMemory.objects.filter(is_indexed=False).exists() or VectorTombstone.objects.exists()


def _follow() -> None:
    from memory import services

    try:
        services.catch_up()
    except DatabaseError as error:
        log.warning("memory.queue.failed", error=type(error).__name__)
    finally:
        connections.close_all()
