"""Turns whatever a provider's library raises into one of our codes.

The libraries use two generations of one HTTP client whose exceptions share names but no base class, and one of them
drops the response's headers. So the response is observed directly, and exceptions are told apart by name.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from builds.agent.errors import AgentError, TransientError

LONGEST_REASON = 300
SHORTEST_SECRET = 6
"""Shorter keys are placeholders like ``none``; hiding them would garble ordinary words."""
FREE_OF_CHARGE = frozenset(
    {
        "model.overloaded",
        "model.unreachable",
        "model.rejected",
        "model.not_found",
        "model.not_authorised",
        "model.no_credit",
        "model.context_too_long",
    }
)
"""Faults after which no answer was begun, so that nothing can have been charged."""
OVERLOADED = {409, 425, 429, 500, 502, 503, 529}
TIMED_OUT = {408, 504}
_UNREACHABLE = {"ConnectError", "ConnectTimeout", "ConnectionError", "TransportError"}
_CONTEXT = (
    *("context length", "context_length", "context window", "context size", "maximum context"),
    *("prompt is too long", "too many tokens", "input tokens exceed"),
)
_NO_CREDIT = ("insufficient_quota", "credit balance", "billing")
_USER_INFO = re.compile(r"//[^/\s@]{1,256}@")
_KEY = re.compile(r"\b(?:sk|pk|key|Bearer)[-_ ][\w*.-]{4,256}")


@dataclass
class ResponseHead:
    """The first thing a server said, noted before any library reads the rest; status 0 means that it said nothing."""

    status: int = 0
    retry_after: str = ""
    content_type: str = ""

    async def observe(self, response: Any) -> None:
        """Note a response; an HTTP client's response hook."""
        self.status = int(response.status_code)
        self.retry_after = str(response.headers.get("retry-after", ""))
        self.content_type = str(response.headers.get("content-type", "")).lower()

    @property
    def is_page(self) -> bool:
        """Whether this comes from a web page or a redirect, as a proxy sends, and not from a model."""
        return "html" in self.content_type or HTTPStatus.MULTIPLE_CHOICES <= self.status < HTTPStatus.BAD_REQUEST


def named_fault(error: Exception, head: ResponseHead, *, model: str, secrets: Sequence[str]) -> AgentError:
    """Return the fault an exception stands for; keys and passwords never become part of it."""
    if not head.status:
        return _fault_before_response(error, secrets)
    if head.status in OVERLOADED | TIMED_OUT:
        return _passing_fault(error, head)
    if head.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return AgentError("model.not_authorised", model=model, status=head.status)
    if head.is_page:
        return AgentError("model.not_a_model", status=head.status, content_type=head.content_type[:100])
    if head.status < HTTPStatus.MULTIPLE_CHOICES:
        return _fault_in_stream(error, secrets)
    return _refusal(error, head.status, model, secrets)


def _fault_before_response(error: Exception, secrets: Sequence[str]) -> AgentError:
    names = {base.__name__ for each in _chain(error) for base in type(each).__mro__}
    if "TimeoutException" in names and "ConnectTimeout" not in names:
        return TransientError("model.timeout", phase="first_token")
    if names & _UNREACHABLE or isinstance(error, OSError):
        return TransientError("model.unreachable")
    return AgentError("model.rejected", status=0, reason=clean_reason(str(error), secrets))


def _passing_fault(error: Exception, head: ResponseHead) -> AgentError:
    if any(words in str(error).lower() for words in _NO_CREDIT):
        return AgentError("model.no_credit", status=head.status)
    if head.status in TIMED_OUT:
        return TransientError("model.timeout", phase="server", status=head.status)
    wait = retry_after_seconds(head.retry_after)
    return TransientError("model.overloaded", retry_after_seconds=wait, status=head.status)


def _fault_in_stream(error: Exception, secrets: Sequence[str]) -> AgentError:
    if any(isinstance(each, json.JSONDecodeError) for each in _chain(error)):
        return AgentError("model.not_a_model", status=HTTPStatus.OK.value, content_type="")
    if isinstance(error, ValueError) and "No generation" in str(error):
        return AgentError("model.empty_answer", finish_reason="stop")
    return TransientError("model.cut_off", reason=clean_reason(str(error), secrets))


def _refusal(error: Exception, status: int, model: str, secrets: Sequence[str]) -> AgentError:
    words = str(error).lower()
    if any(part in words for part in _NO_CREDIT) or status == HTTPStatus.PAYMENT_REQUIRED:
        return AgentError("model.no_credit", status=status)
    if status == HTTPStatus.NOT_FOUND:
        return AgentError("model.not_found", model=model)
    if status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE or any(part in words for part in _CONTEXT):
        return AgentError("model.context_too_long", model=model)
    return AgentError("model.rejected", status=status, reason=clean_reason(str(error), secrets))


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def clean_reason(text: str, secrets: Sequence[str]) -> str:
    """Return a server's words on one bounded line, without keys and without passwords in addresses."""
    for secret in secrets:
        if len(secret) >= SHORTEST_SECRET:
            text = text.replace(secret, "…")
    text = " ".join(text[: 4 * LONGEST_REASON].split())
    return _KEY.sub("…", _USER_INFO.sub("//…@", text))[:LONGEST_REASON]


def retry_after_seconds(header: str) -> float | None:
    """Read a ``Retry-After`` header: seconds or an HTTP date (RFC 9110, 10.2.3); None when it is neither."""
    try:
        seconds = float(header)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        return _seconds_until(header)


def _seconds_until(header: str) -> float | None:
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
