"""What workers do. Every task can run twice."""

import threading
import time

from celery import current_task, shared_task
from celery.exceptions import Ignore
from django.conf import settings

from builds import housekeeping, runner
from memory import services as memory

DRAIN_SECONDS = 8.0
"""What a process that ends gives its builds to be handed back."""
_places = threading.BoundedSemaphore(settings.AGENT_CONCURRENCY)
_busy: set[int] = set()


@shared_task(name="builds.run_next", acks_late=False, track_started=False)
def run_next() -> str:
    """Run builds and analyses until none is waiting for this worker; return how many were run.

    At most ``AGENT_CONCURRENCY`` run in one process. A hint that finds nothing to do leaves no result behind.
    """
    count = run_waiting()
    if not count:
        raise Ignore
    return f"{count} runs"


@shared_task(name="builds.tidy")
def tidy() -> dict[str, int]:
    """Delete what need not be kept any longer; return how much of each."""
    return housekeeping.tidy()


@shared_task(name="builds.follow_memory", acks_late=False, track_started=False)
def follow_memory() -> str:
    """Put passages into the vector index that waited for it, or for their embedder; say how many."""
    followed = memory.catch_up()
    if not followed.added:
        raise Ignore
    return f"{followed.added} passages"


def run_waiting() -> int:
    """Run what is waiting here, one after the other; return how many, 0 when this process is full."""
    if not _places.acquire(blocking=False):
        return 0
    _busy.add(threading.get_ident())
    try:
        count = 0
        while runner.run_next(task_id=_task_id()) is not None:
            count += 1
        return count
    finally:
        _busy.discard(threading.get_ident())
        _places.release()


def has_room() -> bool:
    """Say whether this process could begin another build."""
    return len(_busy) < settings.AGENT_CONCURRENCY


def _task_id() -> str:
    return str(current_task.request.id or "") if current_task else ""


def wait_until_idle(seconds: float = DRAIN_SECONDS) -> bool:
    """Wait until no build runs in this process; False when one still did after so long."""
    until = time.monotonic() + seconds
    while _busy and time.monotonic() < until:
        time.sleep(0.05)
    return not _busy
