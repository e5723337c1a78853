"""While submissions are paused nothing new is taken in, at any door; what was taken in goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from agentsite.accounts.runtime.table import SUBMISSIONS
from agentsite.common.errors import AppError

RETRY_SECONDS = 300
_goes_on: ContextVar[bool] = ContextVar("goes_on", default=False)


def refuse_while_paused() -> None:
    """Let nothing new begin while an operator keeps submissions paused.

    :raises AppError: ``platform.paused``, with the operator's sentence.
    """
    pause = SUBMISSIONS.now()
    if pause.is_paused and not _goes_on.get():
        raise AppError(
            "platform.paused",
            _("Nothing new is taken in at the moment."),
            hint=pause.notice or _("What was submitted before goes on. Try again later."),
            http_status=503,
            retry_after=RETRY_SECONDS,
        )


@contextmanager
def taken_in_before() -> Iterator[None]:
    """Let something that was taken in go on to its end, with the build that it begins for that."""
    token = _goes_on.set(True)
    try:
        yield
    finally:
        _goes_on.reset(token)


def submissions(_request: HttpRequest) -> dict[str, object]:
    """Tell templates whether submissions are paused, and the sentence; looked at only when a template asks."""
    return {"submissions": SimpleLazyObject(SUBMISSIONS.now)}
