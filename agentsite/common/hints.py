"""Saying that there is work. Tables are the queues: a message is only a hint and may be lost."""

import threading
from collections.abc import Callable
from typing import Any

import structlog
from django.db import DatabaseError, connections

log = structlog.get_logger(__name__)
HINT_SECONDS = 15


def send(task: Any, *, unreachable: str, **options: Any) -> bool:
    """Send one hint to whoever runs a task; False when the broker is away. Never raises, never waits long.

    :param unreachable: what the log calls it when the broker is away.
    """
    try:
        task.apply_async(expires=HINT_SECONDS, retry=False, **options)
    except Exception as error:  # noqa: BLE001  what is stored must succeed without a broker; the lookout delivers
        log.warning(unreachable, error=type(error).__name__)
        return False
    return True


def work_beside(name: str, work: Callable[[], object], *, failed: str) -> None:
    """Do the work in a thread of its own: without a broker nobody would get the hint, and the lookout has to go on.

    :param failed: what the log calls it when the database is away; the next look tries again.
    """

    def act() -> None:
        try:
            work()
        except DatabaseError as error:
            log.warning(failed, error=type(error).__name__)
        finally:
            connections.close_all()

    threading.Thread(target=act, name=name, daemon=True).start()
