"""Forms that count once, however often they are sent."""

import re
import time
from collections.abc import Callable
from typing import Protocol
from uuid import UUID, uuid4

from django.core.cache import cache
from django.http import HttpRequest

_REMEMBERED = 20
_HOUR = 3600
_TAKING_IN_SECONDS = 30
"""Longer than a submission takes; after it a form whose taker was killed may be sent again."""
_SESSION = "builds.forms"
_TOKEN = re.compile(r"[0-9a-f]{32}")
_WAITS = 40
_WAIT_SECONDS = 0.05


class Made(Protocol):
    """Whatever a form leads to."""

    id: UUID


def new_token() -> str:
    """Return a token for one showing of a form."""
    return uuid4().hex


def take_in(request: HttpRequest, act: Callable[[], Made]) -> UUID | None:
    """Return what a form leads to, made when the form arrives first; None when that is not known.

    Of two that arrive together one is first. A form whose act is refused may be sent again.
    """
    token = request.POST.get("token", "")
    if not _reserve(request, token):
        return _build_of(request, token)
    try:
        made = act()
    except BaseException:
        cache.delete(_key(request, token))
        raise
    _remember(request, token, made.id)
    return made.id


def _reserve(request: HttpRequest, token: str) -> bool:
    if not _TOKEN.fullmatch(token):
        return True
    return token not in request.session.get(_SESSION, {}) and cache.add(_key(request, token), "", _TAKING_IN_SECONDS)


def _remember(request: HttpRequest, token: str, build_id: UUID) -> None:
    if not _TOKEN.fullmatch(token):
        return
    cache.set(_key(request, token), str(build_id), _HOUR)
    kept = [*request.session.get(_SESSION, {}).items(), (token, str(build_id))][-_REMEMBERED:]
    request.session[_SESSION] = dict(kept)


def _build_of(request: HttpRequest, token: str) -> UUID | None:
    """Return the build a form led to, waiting a moment for one that is being taken in right now."""
    for _turn in range(_WAITS):
        known = request.session.get(_SESSION, {}).get(token) or cache.get(_key(request, token))
        if known != "":
            return UUID(known) if known else None
        time.sleep(_WAIT_SECONDS)
    return None


def _key(request: HttpRequest, token: str) -> str:
    return f"builds.form.{request.user.pk}.{token}"
