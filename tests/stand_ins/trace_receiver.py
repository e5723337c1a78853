"""Who takes traces, over real HTTP: reads the protobuf that came, as any collector would."""

from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PATIENCE_SECONDS = 0.01


@dataclass(frozen=True)
class Received:
    """One span."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, object]
    links: tuple[str, ...]
    """Traces that it is linked with."""
    error: str


class TraceReceiver:
    """Take spans while the ``with`` block runs; ``spans`` keeps them in the order of their arrival."""

    def __init__(self, *, status: int = 200) -> None:
        self.spans: list[Received] = []
        self.headers: list[dict[str, str]] = []
        self.status = status
        self._lock = Lock()
        self._http = _Server(("127.0.0.1", 0), _Handler)
        self._http.owner = self
        self._thread = Thread(target=self._http.serve_forever, args=(PATIENCE_SECONDS,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def named(self, name: str) -> list[Received]:
        """Return the spans of a name."""
        return [span for span in self.spans if span.name == name]

    def around(self, span: Received) -> str:
        """Return the name of the span around one; empty for one that is around all."""
        return next((each.name for each in self.spans if each.span_id == span.parent_id), "")

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        """Keep what came."""
        request = ExportTraceServiceRequest.FromString(body)
        spans = [span for each in request.resource_spans for scope in each.scope_spans for span in scope.spans]
        with self._lock:
            self.headers.append(headers)
            self.spans += [_read(span) for span in spans]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    owner: TraceReceiver


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        """Take one batch."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        owner = self.server.owner
        if owner.status == 200 and self.path == "/v1/traces":
            owner.take(body, {name.lower(): value for name, value in self.headers.items()})
        self.send_response(owner.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's signature
        """Say nothing."""


def _read(span: Any) -> Received:
    attributes = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}
    return Received(
        name=span.name,
        trace_id=span.trace_id.hex(),
        span_id=span.span_id.hex(),
        parent_id=span.parent_span_id.hex(),
        attributes=attributes,
        links=tuple(link.trace_id.hex() for link in span.links),
        error=span.status.message,
    )
