"""A Celery worker inside this process, for the one-command server."""

import threading
from typing import Any, Self

from django.conf import settings

from agentsite.common import measures
from builds import stopping, tasks
from builds.chores import Chore
from builds.lookout import Lookout

TIDY_SECONDS = 3600.0


class EmbeddedWorker:
    """Run tasks in threads of this process, and look at the table: the queue is the table."""

    def __init__(self) -> None:
        from agentsite.celery import app

        self._controller: Any = app.WorkController(
            pool="threads",
            concurrency=settings.CELERY_WORKER_CONCURRENCY,
            queues=["runs", "short"],
            without_gossip=True,
            without_mingle=True,
            without_heartbeat=True,
            quiet=True,
        )
        self._thread = threading.Thread(target=self._controller.start, name="celery", daemon=True)
        self._lookout = Lookout(Chore(TIDY_SECONDS, tasks.tidy.delay))  # here is no beat to ask for it

    def __enter__(self) -> Self:
        measures.note_role("worker")
        self._thread.start()
        self._lookout.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        stopping.begin()
        tasks.wait_until_idle()
        self._controller.stop(in_sighandler=True)
        self._lookout.__exit__()
