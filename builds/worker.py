"""A Celery worker inside this process, for the one-command server."""

import threading
from typing import Any, Self

import structlog
from django.conf import settings
from django.db import DatabaseError, connections

from builds import stopping, sweeper, tasks
from builds.runs import queue

log = structlog.get_logger(__name__)
_LOOK_SECONDS = 1.0
_SWEEP_EVERY = 15
_DRAIN_SECONDS = 8.0


class EmbeddedWorker:
    """Run tasks in threads of this process, and look at the table each second: the queue is the table."""

    def __init__(self) -> None:
        from agentsite.celery import app

        self._controller: Any = app.WorkController(
            pool="threads",
            concurrency=settings.AGENT_CONCURRENCY + 1,  # tasks.run_next leaves one thread free for short tasks
            queues=["runs", "short"],
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._controller.start, name="celery", daemon=True),
            threading.Thread(target=self._look, name="lookout", daemon=True),
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        stopping.begin()
        self._stop.set()
        tasks.wait_until_idle(_DRAIN_SECONDS)
        self._controller.stop(in_sighandler=True)
        self._threads[1].join(timeout=3)

    def _look(self) -> None:
        count = 0
        while not self._stop.wait(_LOOK_SECONDS if count else 0):
            try:
                if count % _SWEEP_EVERY == 0:
                    sweeper.sweep()
                elif sweeper.has_work() and not queue.announce():
                    tasks.run_waiting()
            except DatabaseError as error:
                log.warning("lookout.failed", error=type(error).__name__)
            finally:
                connections.close_all()
            count += 1
