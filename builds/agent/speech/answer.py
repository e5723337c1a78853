"""Reading what a server of transcriptions answered; whatever it is, the outcome is text or one of our codes."""

import json
import math
from http import HTTPStatus
from typing import Any

from builds.agent.errors import AgentError, TransientError
from builds.agent.speech.values import MAX_CHARACTERS

MAX_BYTES = 1 << 20
"""Of one answer."""
_OVERLOADED = {409, 425, 429, 500, 502, 503, 529}
_TIMED_OUT = {408, 504}
_KEY_REFUSED = {401, 403}
_LONGEST_WAIT = 3_600.0
_LONGEST_SECONDS = 864_000.0
_CUT = "…"


def fault_of(status: int, retry_after: str) -> AgentError | None:
    """Return what a status says went wrong; None for a good one."""
    if status == HTTPStatus.OK:
        return None
    if status in _OVERLOADED:
        return TransientError("transcription.overloaded", retry_after_seconds=_seconds(retry_after), status=status)
    if status in _TIMED_OUT:
        return TransientError("transcription.timeout", status=status)
    if status in _KEY_REFUSED:
        return AgentError("transcription.not_authorised", status=status)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return AgentError("transcription.too_large", status=status)
    return AgentError("transcription.rejected", status=status)


def text_and_seconds(body: bytes) -> tuple[str, float | None]:
    """Return what was heard, and how long the recording is where the answer tells it.

    :raises AgentError: ``transcription.bad_answer``, ``transcription.empty``.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise AgentError("transcription.bad_answer") from None
    text = answer.get("text") if isinstance(answer, dict) else None
    if not isinstance(text, str):
        raise AgentError("transcription.bad_answer")
    heard = text.encode("utf-8", "replace").decode().replace("\x00", "").strip()
    if not heard:
        raise AgentError("transcription.empty")
    return heard if len(heard) <= MAX_CHARACTERS else heard[: MAX_CHARACTERS - 1] + _CUT, _told_seconds(answer)


def _told_seconds(answer: dict[str, Any]) -> float | None:
    usage = answer.get("usage")
    told = usage.get("seconds") if isinstance(usage, dict) else answer.get("duration")
    is_number = isinstance(told, int | float) and not isinstance(told, bool) and math.isfinite(told)
    return float(told) if is_number and 0 < told <= _LONGEST_SECONDS else None  # type: ignore[arg-type, operator]


def _seconds(text: str) -> float | None:
    return min(float(text), _LONGEST_WAIT) if text.isascii() and text.isdigit() and len(text) < 9 else None  # noqa: PLR2004
