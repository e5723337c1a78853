"""A git host elsewhere: git's own HTTP program behind a user name and password, which can refuse, hang, or be away."""

import base64
import os
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.deployments.worlds import git

USER, PASSWORD = "deployer", "s3cr3t-of-the-remote"
MODES = ("serve", "refuse", "hang", "fail", "redirect")


class GitRemote:
    """A bare repository ``project.git`` that is cloned from and pushed to at ``url``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project.git"
        git("init", "--quiet", "--bare", "-b", "main", self.folder)
        git("--git-dir", self.folder, "config", "http.receivepack", "true")
        self.mode = "serve"
        self.fails_after = ""
        """The beginning of the request after whose answer it is away."""
        self.asked: list[str] = []
        self._server = _Server(self)
        self.port = int(self._server.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}/project.git"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, _k: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def head(self, branch: str = "main") -> str:
        """Return where a branch is; empty when there is none."""
        return git("--git-dir", self.folder, "for-each-ref", "--format=%(objectname)", f"refs/heads/{branch}")


class _Server(ThreadingHTTPServer):
    def __init__(self, remote: GitRemote) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.remote = remote


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the library's name
        self.server.remote.asked.append(format % args)

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding", "").lower() != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b""
        while size := int(self.rfile.readline().strip() or b"0", 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _answer(self, body: bytes) -> None:
        wanted = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if self.server.remote.mode == "hang":
            time.sleep(60)
        if self.server.remote.mode == "fail":
            self.send_error(503)
        elif self.server.remote.mode == "redirect":
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.remote.port}/other.git")
            self.end_headers()
        elif self.server.remote.mode == "refuse" or self.headers.get("Authorization") != wanted:
            self.send_response(401 if self.server.remote.mode == "serve" else 403)
            self.send_header("WWW-Authenticate", 'Basic realm="there"')
            self.end_headers()
        else:
            self._serve(body)

    def _serve(self, body: bytes) -> None:
        path, _mark, query = self.path.partition("?")
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.server.remote.folder.parent),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "REMOTE_USER": USER,
        }
        done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
        head, _blank, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        if self.server.remote.fails_after and self.requestline.startswith(self.server.remote.fails_after):
            self.server.remote.mode = "fail"
