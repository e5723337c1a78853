"""The one-command server as a real process on a free port."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-test-password"
_START_SECONDS = 60.0


@dataclass
class Server:
    """A running server."""

    process: subprocess.Popen[str]
    url: str
    data_dir: Path

    def kill(self) -> None:
        """End it as a power cut would."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @contextmanager
    def logged_in(self, username: str = "admin", password: str = PASSWORD) -> Iterator[httpx.Client]:
        """Give a client with a session."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=30) as client:
            page = client.get("/login/")
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token is not None
            given = {"username": username, "password": password, "csrfmiddlewaretoken": token[1]}
            assert client.post("/login/", data=given, headers={"Referer": f"{self.url}/login/"}).status_code == 200
            client.headers.update({"X-CSRFToken": client.cookies["csrftoken"], "Referer": self.url})
            yield client


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(data_dir: Path, **environment: str) -> Iterator[Server]:
    """Start a server, wait until it is ready, and stop it at the end."""
    port = free_port()
    given = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    changed = {
        "AGENTSITE_DATA_DIR": str(data_dir),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "AGENT_MODEL": "cookbook",
        "PORT": str(port),
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
    }
    with (data_dir / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=ROOT,
            env=given | changed | environment,
            stdout=log,
            stderr=log,
            text=True,
            start_new_session=True,
        )
    server = Server(process, f"http://127.0.0.1:{port}", data_dir)
    try:
        _wait_until_alive(server)
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                server.kill()


def _wait_until_alive(server: Server) -> None:
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.process.poll() is None:
        try:
            if httpx.get(f"{server.url}/livez", timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
    log = (server.data_dir / "server.log").read_text()
    raise AssertionError(f"the server did not start:\n{log[-3000:]}")


def wait_until_final(client: httpx.Client, build_id: str, *, seconds: float = 60) -> dict[str, object]:
    """Return a build once it has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        build: dict[str, object] = client.get(f"/api/v1/builds/{build_id}/").json()
        if build["status"] in {"completed", "failed", "cancelled"}:
            return build
        time.sleep(0.2)
    raise AssertionError(f"build {build_id} did not end: {build}")
