"""What workers do. Every task can run twice."""

import threading
import time
from collections import defaultdict
from functools import partial

import structlog
from celery import current_task, shared_task
from celery.exceptions import Ignore
from django.conf import settings
from django.db import DatabaseError

from agentsite.common import hints
from builds import housekeeping, runner, sweeper
from builds.runs import queue
from builds.runs.lanes import TALK, TALK_PLACES, WORK, Lane

log = structlog.get_logger(__name__)
DRAIN_SECONDS = 8.0
"""What a process that ends gives its builds to be handed back."""
_most = {WORK: settings.AGENT_CONCURRENCY, TALK: TALK_PLACES}
_places = {lane: threading.BoundedSemaphore(most) for lane, most in _most.items()}
_busy: defaultdict[Lane, set[int]] = defaultdict(set)


@shared_task(name="builds.run_next", acks_late=False, track_started=False, Request=hints.BY_HINT)
def run_next() -> str:
    """Run builds and analyses until none is waiting for this worker; return how many were run.

    At most ``AGENT_CONCURRENCY`` run in one process. A hint that finds nothing to do leaves no result behind.
    """
    return _told(run_waiting(WORK))


@shared_task(name="builds.talk_next", acks_late=False, track_started=False, Request=hints.BY_HINT)
def talk_next() -> str:
    """Do jobs of conversations until none is waiting for this worker; return how many were done."""
    return _told(run_waiting(TALK))


@shared_task(name="builds.tidy")
def tidy() -> dict[str, int]:
    """Delete what need not be kept any longer; return how much of each."""
    return housekeeping.tidy()


def run_waiting(lane: Lane = WORK) -> int:
    """Run what is waiting in a lane, one after the other; return how many, 0 when this process is full."""
    if not _places[lane].acquire(blocking=False):
        return 0
    _busy[lane].add(threading.get_ident())
    try:
        count = 0
        while runner.run_next(task_id=_task_id(), lane=lane, on_claim=partial(_hand_on, lane)) is not None:
            count += 1
        return count
    finally:
        _busy[lane].discard(threading.get_ident())
        _places[lane].release()


def _hand_on(lane: Lane) -> None:
    """Hint at what else waits, whoever has room for it: several runs can have come with one hint."""
    try:
        if sweeper.has_work(lane):
            hints.soon(queue.announce, lane)
    except DatabaseError as error:  # what was claimed is worked on all the same, and the lookout looks every second
        log.warning("queue.not_handed_on", error=type(error).__name__)


def has_room(lane: Lane = WORK) -> bool:
    """Say whether this process could begin one more in a lane."""
    return len(_busy[lane]) < _most[lane]


def count_running() -> int:
    """Return how much is run in this process at this moment."""
    return sum(map(len, _busy.values()))


def _told(count: int) -> str:
    if not count:
        raise Ignore
    return f"{count} runs"


def _task_id() -> str:
    return str(current_task.request.id or "") if current_task else ""


def wait_until_idle(seconds: float = DRAIN_SECONDS) -> bool:
    """Wait until nothing runs in this process; False when something still did after so long."""
    until = time.monotonic() + seconds
    while any(_busy.values()) and time.monotonic() < until:
        time.sleep(0.05)
    return not any(_busy.values())
