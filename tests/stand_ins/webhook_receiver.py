"""A receiver of webhooks over real HTTP, or TLS, that takes them, refuses them, or misbehaves in some way."""

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self

Answer = Callable[["Handler"], None]
PATIENCE_SECONDS = 0.01


@dataclass(frozen=True)
class Received:
    """One request as it arrived; header names are in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes


class Receiver:
    """Take requests while the ``with`` block runs; ``requests`` keeps them in the order of their arrival.

    :param answers: one for each request, the last one for all that follow.
    """

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None, port: int = 0) -> None:
        self.requests: list[Received] = []
        self.stopping = Event()
        self._answers = list(answers) or [status(204)]
        self._lock = Lock()
        self._http = _Server(("127.0.0.1", port), Handler)
        self._http.owner = self
        self._scheme = "https" if tls else "http"
        if tls:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self._thread = Thread(target=self._http.serve_forever, args=(PATIENCE_SECONDS,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._http.server_address[1])

    @property
    def url(self) -> str:
        """Its address, by a name."""
        return f"{self._scheme}://localhost:{self.port}/hook?from=agentsite"

    def take(self, received: Received) -> Answer:
        """Keep a request; return how it is answered."""
        with self._lock:
            self.requests.append(received)
            return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    owner: Receiver

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up."""


class Handler(BaseHTTPRequestHandler):
    """Hand each request to its answer."""

    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        """Read it whole, then answer."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.close_connection = True
        self.server.owner.take(Received(self.path, headers, body))(self)

    def send(self, code: int, body: bytes = b"", headers: Mapping[str, str] | None = None) -> None:
        """Answer in an ordinary way."""
        self.send_response(code)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Stay quiet."""


def status(code: int, body: bytes = b"", **headers: str) -> Answer:
    """Answer with a status; header names are written with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.send(code, body, named)


def raw(data: bytes) -> Answer:
    """Answer with any bytes, and hang up."""
    return lambda handler: _write(handler, data)


def hang_up(handler: Handler) -> None:
    """Close the connection without a word."""
    handler.connection.shutdown(socket.SHUT_RDWR)


def reset(handler: Handler) -> None:
    """Break the connection off."""
    linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def drip(data: bytes, *, every: float = 0.05) -> Answer:
    """Answer a byte at a time, over and over, so that no single wait is long."""

    def answer(handler: Handler) -> None:
        while not handler.server.owner.stopping.is_set():
            for byte in data:
                _write(handler, bytes([byte]))
                time.sleep(every)

    return answer


def endless(handler: Handler) -> None:
    """Answer 200 with a body that never ends, as fast as it is read."""
    _write(handler, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not handler.server.owner.stopping.is_set():
        _write(handler, b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def _write(handler: Handler, data: bytes) -> None:
    handler.wfile.write(data)
    handler.wfile.flush()
