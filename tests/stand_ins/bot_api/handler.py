"""The HTTP side of the stand-in."""

import json
import re
import select
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.stand_ins.bot_api.dispatch import Reply, perform, refuse
from tests.stand_ins.bot_api.params import read_params
from tests.stand_ins.bot_api.refusals import NOT_FOUND, UNAUTHORIZED, Refused
from tests.stand_ins.bot_api.world import Call, World

TOKEN = re.compile(r"\d+:[A-Za-z0-9_-]+")
GONE = (OSError, ValueError)


class ApiServer(ThreadingHTTPServer):
    """One thread for each connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 256
    world: World
    control: Any

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up, and only about them."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Hand each request to the API, the files, or the control interface."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: ApiServer

    def do_GET(self) -> None:
        """Answer as to a POST: the API makes no difference."""
        self.do_POST()

    def do_POST(self) -> None:
        """Answer a request."""
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        parts = urlsplit(self.path)
        reply = self._reply(unquote(parts.path), body, parts.query)
        if self.server.world.stopping.is_set() or reply is None:
            self._cut()
            return
        try:
            self._send(reply)
        except GONE:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the library's name
        """Stay quiet."""

    def _reply(self, path: str, body: bytes, query: str) -> Reply | None:
        if path.startswith("/control/"):
            return self._control(path.removeprefix("/control/"), body, query)
        if path.startswith("/file/bot"):
            return self._file(*path.removeprefix("/file/bot").partition("/")[::2])
        if path.startswith("/bot"):
            return self._call(*path.removeprefix("/bot").partition("/")[::2], body, query)
        return refuse(*NOT_FOUND)

    def _call(self, token: str, method: str, body: bytes, query: str) -> Reply | None:
        world = self.server.world
        if refused := self._stranger(token):
            world.note(Call(method, {}, status=refused.status))
            return refused
        try:
            params = read_params(self.headers.get("content-type", ""), body, query)
        except Refused as refusal:
            world.note(Call(method, {}, status=refusal.status, description=refusal.description))
            return refuse(refusal.status, refusal.description)
        call = Call(method, params.plain())
        world.note(call)
        return perform(world, call, params, self._is_gone)

    def _file(self, token: str, path: str) -> Reply:
        file = self.server.world.files.at(path)
        if refused := self._stranger(token):
            return refused
        return Reply(200, file.content, "application/octet-stream") if file else refuse(*NOT_FOUND)

    def _control(self, order: str, body: bytes, query: str) -> Reply:
        try:
            params = read_params(self.headers.get("content-type") or "application/json", body, query)
            return Reply(200, json.dumps(self.server.control(order, params)).encode())
        except (LookupError, ValueError, TypeError, Refused) as trouble:
            return Reply(400, json.dumps({"error": f"{type(trouble).__name__}: {trouble}"}).encode())

    def _stranger(self, token: str) -> Reply | None:
        if not TOKEN.fullmatch(token):
            return refuse(*NOT_FOUND)
        return None if token == self.server.world.token else refuse(*UNAUTHORIZED)

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _cut(self) -> None:
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _is_gone(self) -> bool:
        readable, _, _ = select.select([self.connection], [], [], 0)
        try:
            return bool(readable) and not self.connection.recv(1, socket.MSG_PEEK)
        except OSError:
            return True
