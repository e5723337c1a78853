"""What a worker does now and then, beside its tasks."""

import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connections

log = structlog.get_logger(__name__)


class Chore:
    """Something to do now and then; a fault only delays it."""

    def __init__(self, seconds: float, do: Callable[[], object]) -> None:
        self._seconds = seconds
        self._do = do
        self._due = 0.0

    def take_turn(self) -> None:
        """Do it if it is due."""
        if time.monotonic() < self._due:
            return
        self._due = time.monotonic() + self._seconds
        try:
            self._do()
        except DatabaseError as error:
            log.warning("lookout.failed", error=type(error).__name__)
        except Exception:  # whatever it was, the other chores and the next turn must go on
            log.exception("lookout.failed")
        finally:
            connections.close_all()


OF_OTHERS: list[Chore] = []
"""Of rooms above this one; every lookout that begins later has them."""


def add(seconds: float, do: Callable[[], object]) -> None:
    """Have every worker that begins from now on do something more now and then."""
    OF_OTHERS.append(Chore(seconds, do))
