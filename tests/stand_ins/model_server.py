"""A stand-in for model servers, over real HTTP: Ollama, OpenAI and Anthropic on one port, with scripted answers.

By hand: ``python -m tests.stand_ins.model_server --port 11999 --script FILE``, where FILE is a JSON script or the name
of one in :mod:`tests.stand_ins.scripts`.
"""

import argparse
import json
import select
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any, Self

from tests.stand_ins import scripts
from tests.stand_ins.protocols import CHAT_PATHS, WHEN, WireProtocol
from tests.stand_ins.replies import Json, Replies, Reply, Script, purpose_of, read_script

PATIENCE_SECONDS = 0.01


class _Gone(Exception):  # it names the fact
    """The client hung up, or the server stops."""


@dataclass(frozen=True)
class Request:
    """One request as it arrived; header names are in lower case."""

    path: str
    body: Json
    headers: Mapping[str, str]

    @property
    def purpose(self) -> str:
        """The marker of the prompt that was sent."""
        return purpose_of(self.body)


class ModelServer:
    """Answer from a script while the ``with`` block runs; ``requests`` keeps what arrived.

    :param script: replies in order, or by purpose, or a function of the request's JSON.
    :param models: what the server knows, by name or as Ollama lists them; another gets 404. None knows all.
    :param api_key: the only key that is let in; none is asked for when it is empty.
    """

    def __init__(
        self, script: Script = (), *, models: Sequence[str | Json] | None = None, api_key: str = "", port: int = 0
    ) -> None:
        self.requests: list[Request] = []
        self.hang_ups = 0
        self.stopping = Event()
        self.replies = Replies(script)
        self.models = models
        self.api_key = api_key
        self._lock = Lock()
        self._http = _Server(("127.0.0.1", port), _Handler)
        self._http.owner = self
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
    def url(self) -> str:
        """Address for Ollama and Anthropic."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def openai_url(self) -> str:
        """Address for OpenAI's protocol."""
        return f"{self.url}/v1"

    def model_list(self) -> list[Json]:
        """Return the known models as Ollama lists them."""
        known = [{"name": model} if isinstance(model, str) else model for model in self.models or ()]
        return [{"model": model["name"], "modified_at": WHEN, "size": 1, "details": {}, **model} for model in known]

    def knows(self, model: str) -> bool:
        """Say whether a model may be asked."""
        return self.models is None or model in {each["name"] for each in self.model_list()}

    def record(self, request: Request) -> None:
        """Keep a request."""
        with self._lock:
            self.requests.append(request)

    def note_hang_up(self) -> None:
        """Count a client that left before its answer was complete."""
        with self._lock:
            self.hang_ups += 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64
    owner: ModelServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Server

    def do_GET(self) -> None:
        """Answer what clients ask before they chat."""
        owner = self.server.owner
        models = owner.model_list()
        answers: dict[str, Json] = {
            "/api/version": {"version": "0.0.0-stand-in"},
            "/api/tags": {"models": models},
            "/v1/models": {"object": "list", "data": [{"id": model["name"], "object": "model"} for model in models]},
        }
        owner.record(Request(self.path, {}, self._lower_headers()))
        found = answers.get(self.path)
        self._send_json(200 if found else 404, found or {"error": "not found"})

    def do_POST(self) -> None:
        """Answer a chat request."""
        body = json.loads(self.rfile.read(int(self.headers.get("content-length", 0))) or b"{}")
        self.server.owner.record(Request(self.path, body, self._lower_headers()))
        protocol = CHAT_PATHS.get(self.path)
        if protocol is None:
            self._send_json(404, {"error": "not found"})
            return
        try:
            self._answer(protocol, body)
        except (_Gone, OSError):
            self.server.owner.note_hang_up()
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the name is the standard library's
        """Stay quiet."""

    def _answer(self, protocol: WireProtocol, body: Json) -> None:
        owner = self.server.owner
        if not self._has_key():
            self._send_json(401, protocol.error("invalid key"))
        elif not owner.knows(str(body.get("model"))):
            self._send_json(404, protocol.error(f"model '{body.get('model')}' not found"))
        else:
            self._play(owner.replies.reply_to(body), protocol, body)

    def _play(self, reply: Reply, protocol: WireProtocol, body: Json) -> None:
        self._pause(reply.first_delay_seconds)
        if reply.drop_connection:
            self._drop()
        elif reply.html is not None:
            self._send(reply.status, reply.html.encode(), {"Content-Type": "text/html", **reply.headers})
        elif reply.status != 200:
            self._send_json(reply.status, protocol.error(reply.error), reply.headers)
        elif body.get("stream", isinstance(protocol, type(CHAT_PATHS["/api/chat"]))):
            self._stream(reply, protocol, body)
        else:
            self._send_json(200, protocol.whole(reply, body), reply.headers)

    def _stream(self, reply: Reply, protocol: WireProtocol, body: Json) -> None:
        self._send_head(200, {"Content-Type": protocol.content_type, "Transfer-Encoding": "chunked", **reply.headers})
        pause = 0.0
        for part, frame in protocol.frames(reply, body):
            if part == "closing" and reply.cut_after is not None:
                self._drop()
                return
            if part == "text":
                self._pause(pause)
                pause = reply.delay_seconds
            self._send_chunk(frame)
        self.wfile.write(b"0\r\n\r\n")

    def _send_chunk(self, frame: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(frame), frame))
        self.wfile.flush()

    def _send_json(self, status: int, body: Json, headers: Mapping[str, str] | None = None) -> None:
        self._send(status, json.dumps(body).encode(), {"Content-Type": "application/json", **(headers or {})})

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self._send_head(status, {**headers, "Content-Length": str(len(body))})
        self.wfile.write(body)

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _pause(self, seconds: float) -> None:
        """Wait, but notice when the client hangs up or the server stops."""
        waited = 0.0
        while waited < seconds:
            readable, _, _ = select.select([self.connection], [], [], PATIENCE_SECONDS)
            if self.server.owner.stopping.is_set() or (readable and not self.connection.recv(1, socket.MSG_PEEK)):
                raise _Gone
            waited += PATIENCE_SECONDS

    def _has_key(self) -> bool:
        key = self.server.owner.api_key
        given = {self.headers.get("authorization", "").removeprefix("Bearer "), self.headers.get("x-api-key", "")}
        return not key or key in given

    def _lower_headers(self) -> dict[str, str]:
        return {name.lower(): value for name, value in self.headers.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve a script until interrupted."""
    parser = argparse.ArgumentParser(description="A stand-in for model servers.")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", default="GOOD_BUILD", help="a JSON file, or a name in tests.stand_ins.scripts")
    chosen = parser.parse_args(arguments)
    script = scripts.BY_NAME.get(chosen.script) or read_script(Path(chosen.script))
    with ModelServer(script, models=["stand-in-coder:7b"], port=chosen.port) as server:
        sys.stdout.write(f"OLLAMA_BASE_URL={server.url}\nOPENAI_BASE_URL={server.openai_url}\n")
        sys.stdout.flush()
        try:
            server.stopping.wait()
        except KeyboardInterrupt:
            return


if __name__ == "__main__":
    main()
