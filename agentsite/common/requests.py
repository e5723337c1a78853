"""What every request carries: an id that also stands in its log lines and its answers, and who calls."""

import ipaddress
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from agentsite.common.ids import uuid7
from agentsite.common.logs import lines_about

_ACCEPTED = re.compile(r"[A-Za-z0-9-]{8,64}")
_LONGEST_AGENT = 255


@dataclass(frozen=True)
class Caller:
    """Where a request comes from, and with which program."""

    ip_address: str | None = None
    user_agent: str = ""

    @classmethod
    def of(cls, remote: str, forwarded: str, user_agent: str) -> "Caller":
        """Return who calls, told by the connection, or by as many proxies as are trusted.

        :param remote: the other end of the connection.
        :param forwarded: the header ``X-Forwarded-For``.
        """
        trusted: int = settings.ALLAUTH_TRUSTED_PROXY_COUNT
        told = forwarded.split(",") if trusted and forwarded else []
        return cls(_address(told[-trusted] if len(told) >= trusted > 0 else remote), _one_line(user_agent))


NOBODY = Caller()
_caller: ContextVar[Caller] = ContextVar("caller", default=NOBODY)


def caller() -> Caller:
    """Return who calls; nobody outside of requests: workers, commands and the bot."""
    return _caller.get()


@contextmanager
def called_by(who: Caller) -> Iterator[None]:
    """Let what happens in the block be what this caller asked for."""
    before = _caller.set(who)
    try:
        yield
    finally:
        _caller.reset(before)


def request_id(request: HttpRequest) -> str:
    """Return the id given to a request; empty outside the middleware."""
    return getattr(request, "request_id", "")


class RequestIdMiddleware:
    """Give each request an id: the caller's own where it is harmless, else a new one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer with the id in ``X-Request-Id``."""
        given = request.headers.get("X-Request-Id", "")
        identifier = given if _ACCEPTED.fullmatch(given) else str(uuid7())
        request.request_id = identifier  # type: ignore[attr-defined]
        with lines_about(request_id=identifier), called_by(_caller_of(request)):
            response = self.get_response(request)
        response["X-Request-Id"] = identifier
        return response


def _caller_of(request: HttpRequest) -> Caller:
    headers = request.headers
    forwarded, agent = headers.get("X-Forwarded-For", ""), headers.get("User-Agent", "")
    return Caller.of(request.META.get("REMOTE_ADDR", ""), forwarded, agent)


@lru_cache(maxsize=1024)  # the same ones call again and again
def _address(text: str) -> str | None:
    """Return an address as every database writes it; None for what is none."""
    try:
        found = ipaddress.ip_address(text.strip().strip("[]").partition("%")[0])
    except ValueError:
        return None
    return str(getattr(found, "ipv4_mapped", None) or found)


def _one_line(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text[:_LONGEST_AGENT])
