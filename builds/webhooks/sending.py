"""One POST over the network: bounded in time and in what is read; no redirect, no proxy, no second try."""

import email.utils
import ssl
import time
import unicodedata
from collections.abc import Mapping
from contextlib import suppress

import httpcore

from agentsite.common.texts import storable
from builds.webhooks import wire
from builds.webhooks.outcomes import Outcome
from builds.webhooks.targets import Target

SECONDS = 10.0
MAX_ANSWER_BYTES = 4 * 1024
_FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (TimeoutError, "answer.too_slow"),
    (wire.AddressUnknown, "address.unknown"),
    (wire.AddressRefused, "address.refused"),
    (wire.TlsFailed, "tls.failed"),
    (httpcore.ProtocolError, "answer.unreadable"),
    (httpcore.NetworkError, "connection.closed"),
    (ConnectionResetError, "connection.closed"),
    (OSError, "connection.failed"),
)
_HUNG_UP = "Server disconnected"


def post(target: Target, headers: Mapping[str, str], body: bytes, *, seconds: float = SECONDS) -> Outcome:
    """Send a body and say what came of it; never raises because of what the other side does."""
    started = time.monotonic()
    try:
        outcome = _answered(target, headers, body, wire.Deadline(seconds))
    except tuple(kind for kind, _ in _FAILURES) as error:
        outcome = Outcome(error=_code(error))
    return _timed(outcome, time.monotonic() - started)


def _answered(target: Target, headers: Mapping[str, str], body: bytes, deadline: wire.Deadline) -> Outcome:
    where = httpcore.URL(
        scheme=target.scheme.encode(), host=target.host.encode(), port=target.port, target=target.path.encode()
    )
    sent = {"Host": target.authority, "Accept-Encoding": "identity", "Connection": "close", **headers}
    network = wire.CheckedNetwork(deadline, is_allowed=target.is_allowed)
    context = ssl.create_default_context() if target.scheme == "https" else None
    with (
        httpcore.ConnectionPool(ssl_context=context, network_backend=network, max_connections=1) as pool,
        pool.stream("POST", where, headers=list(sent.items()), content=body) as answer,
    ):
        return Outcome(
            error=_judged(answer.status),
            status=answer.status,
            answer=_beginning(answer),
            retry_after=_retry_after(answer.headers),
        )


def _judged(status: int) -> str:
    if 200 <= status < 300:  # noqa: PLR2004  what HTTP calls success
        return ""
    return "answer.redirect" if 300 <= status < 400 else "answer.refused"  # noqa: PLR2004


def _beginning(answer: httpcore.Response) -> str:
    """Read some of the answer's body for the log; the status has said already what it means."""
    read = b""
    with suppress(OSError, httpcore.NetworkError, httpcore.ProtocolError):
        for piece in answer.iter_stream():
            read += piece
            if len(read) >= MAX_ANSWER_BYTES:
                break
    return _clean(read[:MAX_ANSWER_BYTES].decode("utf-8", "replace"))


def _clean(text: str) -> str:
    shown = "".join(
        letter if letter in "\n\t" or unicodedata.category(letter)[0] != "C" else "\ufffd" for letter in text
    )
    return str(storable(shown))


def _retry_after(headers: list[tuple[bytes, bytes]]) -> float | None:
    found = [value.decode("latin-1").strip() for name, value in headers if name.lower() == b"retry-after"]
    if not found:
        return None
    if found[0].isascii() and found[0].isdigit():
        return float(found[0][:9])
    try:
        moment = email.utils.parsedate_to_datetime(found[0])
        return max(0.0, moment.timestamp() - time.time())
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _code(error: Exception) -> str:
    if isinstance(error, httpcore.RemoteProtocolError) and _HUNG_UP in str(error):
        return "connection.closed"
    return next(code for kind, code in _FAILURES if isinstance(error, kind))


def _timed(outcome: Outcome, seconds: float) -> Outcome:
    return Outcome(
        outcome.error, outcome.status, outcome.answer, outcome.retry_after, duration_ms=round(seconds * 1000)
    )
