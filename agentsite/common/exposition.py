"""Telling Prometheus: the format, who may read it, and the port of processes that are no web server."""

import hmac
from collections.abc import Callable, Iterable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import structlog
from django.conf import settings
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from agentsite.common import measures

log = structlog.get_logger(__name__)
CONTENT_TYPE = CONTENT_TYPE_LATEST
_PATIENCE_SECONDS = 5.0


class _All(Collector):
    def __init__(self, asked: Callable[[], Iterable[Metric]]) -> None:
        self._asked = asked

    def collect(self) -> Iterator[Metric]:
        yield from measures.collect()
        yield from self._asked()


def text(asked: Callable[[], Iterable[Metric]] = tuple) -> bytes:
    """Return everything that is counted.

    :param asked: returns what is measured only now.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_All(asked))
    return generate_latest(registry)


def has_token(authorization: str) -> bool:
    """Say whether a header shows ``PROMETHEUS_TOKEN``; without one set, none does."""
    given, wanted = authorization.removeprefix("Bearer "), settings.PROMETHEUS_TOKEN
    return bool(wanted) and hmac.compare_digest(given.encode("utf-8", "replace"), wanted.encode())


def serve_if_wanted() -> ThreadingHTTPServer | None:
    """Answer at ``PROMETHEUS_PORT``, for workers and bots of other machines; a port that is taken hinders no work."""
    if not (settings.PROMETHEUS_ENABLED and settings.PROMETHEUS_PORT):
        return None
    try:
        server = ThreadingHTTPServer((settings.PROMETHEUS_HOST, settings.PROMETHEUS_PORT), _Handler)
    except OSError as error:
        log.warning("metrics.port_taken", port=settings.PROMETHEUS_PORT, reason=error.strerror)
        return None
    server.daemon_threads = True
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server


class _Handler(BaseHTTPRequestHandler):
    timeout = _PATIENCE_SECONDS
    server_version, sys_version = "Agentsite", ""

    def do_GET(self) -> None:
        """Answer to whoever has the token; for others there is nothing here."""
        is_ours = self.path.partition("?")[0] == "/metrics" and has_token(self.headers.get("Authorization", ""))
        body = text() if is_ours else b""
        self.send_response(200 if is_ours else 404)
        self.send_header("Content-Type", CONTENT_TYPE if is_ours else "text/plain")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's signature
        """Say nothing: it is asked every few seconds."""
