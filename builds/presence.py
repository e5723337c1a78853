"""Which workers are alive: each says so every ten seconds in a table, so that it is known without a broker, too."""

import contextlib
from collections.abc import Callable
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.db.models.functions import Now

from agentsite.common.ids import uuid7
from builds.models.worker import Worker
from builds.runs import owner

BEAT_SECONDS = 10.0
SILENT_AFTER = timedelta(seconds=30)
_FORGOTTEN_AFTER = timedelta(hours=1)


class Presence:
    """One worker's row, for as long as it works.

    :param count_running: says how much it runs at the moment.
    """

    def __init__(self, count_running: Callable[[], int] = lambda: 0) -> None:
        self._count_running = count_running
        self._id = uuid7()
        self._has_left = False

    def beat(self) -> None:
        """Say that this worker lives, and what it does."""
        if self._has_left:
            return
        if not Worker.objects.filter(id=self._id).update(seen_at=Now(), runs=self._count_running()):
            Worker.objects.create(
                id=self._id,
                process=owner.this_process(),
                places=settings.AGENT_CONCURRENCY,
                runs=self._count_running(),
                started_at=Now(),
                seen_at=Now(),
            )
        Worker.objects.filter(seen_at__lt=Now() - _FORGOTTEN_AFTER).delete()

    def leave(self) -> None:
        """Say goodbye; one that can't is missed half a minute later."""
        self._has_left = True
        with contextlib.suppress(DatabaseError):
            Worker.objects.filter(id=self._id).delete()


def alive() -> list[Worker]:
    """Return the workers that were heard of lately, without those whose process has ended on this machine."""
    heard = Worker.objects.filter(seen_at__gt=Now() - SILENT_AFTER)
    return [worker for worker in heard if not owner.process_is_gone(worker.process)]


def forget_all() -> None:
    """Believe of no worker that it lives; whoever does says so within ten seconds.

    Only for a process that has the database to itself.
    """
    Worker.objects.all().delete()
