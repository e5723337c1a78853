"""Saying that there is work. Tables are the queues: a message is only a hint and may be lost."""

import atexit
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import structlog
from django.db import DatabaseError, connections, transaction

log = structlog.get_logger(__name__)
HINT_SECONDS = 15
BY_HINT = "agentsite.common.hint_requests:HintRequest"
"""How a worker takes hints in; only workers load it."""
TOGETHER_SECONDS = 0.05
"""Hints of one kind that come closer than this are one: whoever gets it looks at all that waits."""
PARTING_SECONDS = 1.0
"""How long a process that ends by itself waits for what it still owes; the lookout finds what was lost."""


def after_commit(announce: Callable[..., object], *given: Any) -> None:
    """Announce something when the open transaction is over, beside what goes on: nobody waits for the broker."""
    transaction.on_commit(partial(_sender.owe, announce, *given), robust=True)


def soon(announce: Callable[..., object], *given: Any) -> None:
    """Announce something beside what goes on."""
    _sender.owe(announce, *given)


def wait_until_sent(seconds: float) -> bool:
    """Wait until nothing is owed any more; False when something still was after so long."""
    return _sender.wait_until_idle(seconds)


class _Sender:
    """A thread that sends what its process owes, each kind once."""

    def __init__(self) -> None:
        self._owed: set[tuple[Any, ...]] = set()
        self._is_sending = False
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    def owe(self, announce: Callable[..., object], *given: Any) -> None:
        with self._change:
            self._owed.add((announce, *given))
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._send, name="hints", daemon=True)
                self._thread.start()
            self._change.notify_all()

    def wait_until_idle(self, seconds: float) -> bool:
        with self._change:
            return self._change.wait_for(lambda: not self._owed and not self._is_sending, seconds)

    def _send(self) -> None:
        while True:
            for announce, *given in self._taken():
                try:
                    announce(*given)
                except Exception:  # the others are still to be told
                    log.exception("hint.not_sent")
            with self._change:
                self._is_sending = False
                self._change.notify_all()
            time.sleep(TOGETHER_SECONDS)

    def _taken(self) -> set[tuple[Any, ...]]:
        with self._change:
            self._change.wait_for(lambda: self._owed)
            taken, self._owed, self._is_sending = self._owed, set(), True
            return taken


_sender = _Sender()
atexit.register(wait_until_sent, PARTING_SECONDS)


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
