"""Whether this process is about to end: nothing new is begun then, and what runs is handed back."""

import threading

_stopping = threading.Event()


def begin() -> None:
    """Say that this process ends soon."""
    _stopping.set()


def is_stopping() -> bool:
    """Say whether this process ends soon."""
    return _stopping.is_set()
