"""The HTTP side: who may ask, what can be asked, and the answers that come before anything runs."""

import contextlib
import hmac
import http.server
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from http import HTTPStatus

from pydantic import BaseModel

from builds.agent.errors import AgentError
from builds.sandbox import letters
from builds.sandbox.choose import choose_local_sandbox
from builds.sandbox.wire import ABOUT_PATH, LIVE_PATH, MAX_REQUEST_BYTES, READY_PATH, RUNS_PATH, About, Line
from builds.sandbox_runner.caller import Caller
from builds.sandbox_runner.orders import read_order
from builds.sandbox_runner.places import Places
from builds.sandbox_runner.runs import perform
from builds.toolchains.registry import languages

logger = logging.getLogger(__name__)

SPARE_CONNECTIONS = 16
"""For questions that are no runs, so that a full service still tells that it is well."""
BODY_SECONDS = 30.0
CHUNK_BYTES = 1 << 16
LINGER_SECONDS = 2.0
RETRY_AFTER_SECONDS = 2

STATUSES = {
    "sandbox.not_authorised": HTTPStatus.UNAUTHORIZED,
    "sandbox.busy": HTTPStatus.SERVICE_UNAVAILABLE,
    "sandbox.unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}


class Status(BaseModel):
    """What a health check reads."""

    status: str
    error: str = ""


class Service(http.server.ThreadingHTTPServer):
    """Runs one command for each request."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], *, token: str, places: Places) -> None:
        self.token = token
        self.places = places
        self.must_end = threading.Event()
        self._connections = threading.BoundedSemaphore(places.most + SPARE_CONNECTIONS)
        super().__init__(address, Handler)

    def process_request(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve a connection in a thread of its own, as long as there are not too many."""
        if self._connections.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: socket.socket, client_address: tuple[str, int]) -> None:  # type: ignore[override]
        """Serve a connection and give its place back."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._connections.release()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002  as the library calls it
        """Note what went wrong with one connection, unless only the other side left."""
        if not isinstance(sys.exception(), OSError):
            logger.error("a connection broke", exc_info=True)  # noqa: LOG014  called inside a handler

    def drain(self, seconds: float, end_seconds: float) -> None:
        """Stop listening, let what runs finish, and end what is left after a while."""
        self.server_close()
        if not self.places.wait_until_empty(seconds):
            logger.warning("ending what still runs")
            self.must_end.set()
            self.places.wait_until_empty(end_seconds)


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection, one question."""

    server: Service
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_GET(self) -> None:
        """Answer what is no run."""
        answers: dict[str, Callable[[], None]] = {
            LIVE_PATH: lambda: self._answer(HTTPStatus.OK, Status(status="ok")),
            READY_PATH: self._readiness,
            ABOUT_PATH: self._about,
        }
        self._guarded(answers.get(self.path, self._unknown))

    def do_POST(self) -> None:
        """Run a command."""
        self._guarded(self._run if self.path == RUNS_PATH else self._unknown)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """Answer what the library refuses in the same form as everything else."""
        self._refuse(HTTPStatus(code), "sandbox.input", rule=HTTPStatus(code).name.lower())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  named by the library
        """Keep quiet: health checks come all the time, and runs are logged by themselves."""

    def version_string(self) -> str:
        """Tell nothing about versions."""
        return "sandbox-runner"

    def _guarded(self, answer: Callable[[], None]) -> None:
        self.close_connection = True
        try:
            answer()
        except AgentError as error:
            self._refuse(STATUSES.get(error.code, HTTPStatus.BAD_REQUEST), error.code, **error.details)

    def _unknown(self) -> None:
        self._refuse(HTTPStatus.NOT_FOUND, "sandbox.input", rule="unknown_address")

    def _readiness(self) -> None:
        try:
            choose_local_sandbox()
        except AgentError as error:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, Status(status="not ready", error=error.code))
        else:
            self._answer(HTTPStatus.OK, Status(status="ok"))

    def _about(self) -> None:
        self._check_token()
        reasons = {language.name: language.reason for language in languages()}
        described = choose_local_sandbox().describe()
        self._answer(HTTPStatus.OK, About(sandbox=described, languages=reasons, reads_letters=letters.are_read()))

    def _run(self) -> None:
        self._check_token()
        sandbox = choose_local_sandbox()
        order = read_order(self._body())
        with self.server.places.queued() as turn:
            self._head(HTTPStatus.OK)
            caller = Caller(self.connection)
            perform(order, sandbox, turn, caller, must_end=self.server.must_end.is_set)
            caller.take_leave()

    def _check_token(self) -> None:
        given = self.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, f"Bearer {self.server.token}".encode()):
            raise AgentError("sandbox.not_authorised")

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            raise AgentError("sandbox.input", rule="length_missing")
        if len(length) > len(str(MAX_REQUEST_BYTES)) or int(length) > MAX_REQUEST_BYTES:
            raise AgentError("sandbox.input", rule="request_too_large", limit=MAX_REQUEST_BYTES)
        body, deadline = bytearray(), time.monotonic() + BODY_SECONDS
        while len(body) < int(length):
            piece = self.rfile.read1(int(length) - len(body))
            body += piece
            if not piece or time.monotonic() > deadline:
                raise AgentError("sandbox.input", rule="cut_off")
        return bytes(body)

    def _answer(self, status: HTTPStatus, body: BaseModel) -> None:
        text = body.model_dump_json(exclude_unset=True).encode() + b"\n"
        more = {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == HTTPStatus.SERVICE_UNAVAILABLE else {}
        self._head(status, {"Content-Length": str(len(text)), **more})
        self.wfile.write(text)

    def _head(self, status: HTTPStatus, more: dict[str, str] | None = None) -> None:
        self.close_connection = True
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", "Connection": "close", **(more or {})}.items():
            self.send_header(name, value)
        self.end_headers()

    def _refuse(self, status: HTTPStatus, code: str, **details: object) -> None:
        """Say no and read on for a moment: to close with something unread would take the answer from its reader."""
        self._answer(status, Line.model_validate({"error": {"code": code, "details": details}}))
        deadline = time.monotonic() + LINGER_SECONDS
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(LINGER_SECONDS)
            while time.monotonic() < deadline and self.connection.recv(CHUNK_BYTES):
                pass
