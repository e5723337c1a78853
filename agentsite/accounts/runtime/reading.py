"""What operators changed, as this process knows it: one query for all settings, at most every few seconds.

Without the database the last that was known goes on to hold; who changes something reads it back at once, all
others within ``KEPT_SECONDS``.
"""

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import structlog
from django.db import DatabaseError

from agentsite.accounts.runtime.models import RuntimeSetting

log = structlog.get_logger(__name__)
KEPT_SECONDS = 5.0


@dataclass(frozen=True)
class _Known:
    values: Mapping[str, str]
    until: float
    """On the monotonic clock."""


_NOTHING = _Known({}, 0.0)
_known = _NOTHING
_forgotten = 0
"""How often something was changed here: what was read before that is old."""
_lock = threading.Lock()
_complained: set[tuple[str, str]] = set()


def changed(*, anew: bool = False) -> Mapping[str, str]:
    """Return the texts that are in force instead of the environment's, by name.

    :param anew: ask the database now, and raise when it is away: for what can't be taken back.
    """
    if anew:
        return _stored()
    # While one thread asks, others take what was known; only the first of all have to wait for it.
    if time.monotonic() >= _known.until and _lock.acquire(blocking=_known is _NOTHING):
        try:
            _look()
        finally:
            _lock.release()
    return _known.values


def forget() -> None:
    """Ask the database the next time."""
    global _known, _forgotten  # noqa: PLW0603  one memory for the process
    _forgotten += 1
    if _known is not _NOTHING:
        _known = replace(_known, until=0.0)


def take_as_known(values: Mapping[str, str], *, seconds: float) -> None:
    """Let this hold for so long, without a question to the database."""
    global _known  # noqa: PLW0603
    _known = _Known(values, time.monotonic() + seconds)


def complain(name: str, text: str) -> None:
    """Log, once, that a stored text is none that the setting can have; another release may have stored it."""
    if (name, text) not in _complained:
        _complained.add((name, text))
        log.warning("setting.unreadable", name=name, advice="the environment's value is used; set it anew")


def _look() -> None:
    if time.monotonic() < _known.until:  # another thread was faster
        return
    before = _forgotten
    try:
        values = _stored()
    except DatabaseError as error:
        log.warning("settings.unknown", error=type(error).__name__)
        values = _known.values
    take_as_known(values, seconds=KEPT_SECONDS)
    if before != _forgotten:
        forget()


def _stored() -> Mapping[str, str]:
    return dict(RuntimeSetting.objects.newest().filter(is_reset=False).values_list("name", "value"))
