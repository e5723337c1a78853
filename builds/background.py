"""A piece of work in a thread of its own, whose end is waited for."""

import threading
from collections.abc import Callable
from typing import Self

from django.db import connections


class InBackground:
    """Run ``work`` beside the block and wait for its end; what it raised is raised again."""

    def __init__(self, work: Callable[[], object]) -> None:
        self._work = work
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._do, name="background", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._thread.join()
        if self._error is not None and kind is None:
            raise self._error

    def _do(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  raised again in the waiting thread
            self._error = error
        finally:
            connections.close_all()
