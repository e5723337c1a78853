"""The one-command server as a real process on a free port."""

import fcntl
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "a-long-test-password"
WANTED = {"project_name": "years", "requirements": "A function that says whether a year is a leap year"}
"""What the cookbook builds and proves soonest."""
_START_SECONDS = 60.0
PREPARED = "AGENTSITE_TEST_PREPARED"
"""Names the folder that ``tests.conftest`` makes before any process of this run begins."""


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

    def wait_until_alive(self, log: Path) -> None:
        """Wait until it answers.

        :raises AssertionError: with the end of its log, when it does not.
        """
        until = time.monotonic() + _START_SECONDS
        while time.monotonic() < until and self.process.poll() is None:
            try:
                if httpx.get(f"{self.url}/livez", timeout=2).status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError(f"the server did not start:\n{log.read_text()[-3000:]}")

    def socket(self, cookie: str, build_id: str, after: int = 0, **more: Any) -> ClientConnection:
        """Open a build's socket with a session's cookie, from this site's own origin unless told."""
        address = f"{self.url.replace('http', 'ws')}/ws/builds/{build_id}/?after={after}"
        given: dict[str, Any] = {"origin": self.url, "additional_headers": {"Cookie": f"sessionid={cookie}"}}
        connection: ClientConnection = connect(address, **(given | more))
        return connection

    @contextmanager
    def logged_in(self, username: str = "admin", password: str = PASSWORD) -> Iterator[httpx.Client]:
        """Give a client with a session."""
        with httpx.Client(base_url=self.url, follow_redirects=True, timeout=30) as client:
            page = client.get("/login/")
            token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
            assert token is not None
            given = {"login": username, "password": password, "csrfmiddlewaretoken": token[1]}
            assert client.post("/login/", data=given, headers={"Referer": f"{self.url}/login/"}).status_code == 200
            client.headers.update({"X-CSRFToken": client.cookies["csrftoken"], "Referer": self.url})
            yield client


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running_server(data_dir: Path, *, from_nothing: bool = False, **environment: Any) -> Iterator[Server]:
    """Start a server, wait until it is ready, and stop it at the end.

    :param from_nothing: let it make its database itself, as on the first day; else an empty folder begins prepared.
    """
    port = free_port()
    if not from_nothing and not any(data_dir.iterdir()):
        copy_prepared(data_dir)
    given = _alone(data_dir) | {"PORT": str(port)}
    log = data_dir / "server.log"
    with running_process(["manage.py", "serve"], log, given | environment, inherit=False) as process:
        server = Server(process, f"http://127.0.0.1:{port}", data_dir)
        server.wait_until_alive(log)
        yield server


def copy_prepared(data_dir: Path) -> None:
    """Fill a folder with the data of a server that has been prepared and not started yet."""
    shutil.copytree(_prepared(), data_dir, dirs_exist_ok=True)


def _prepared() -> Path:
    """Return such data; all processes of this run make it once."""
    data_dir = Path(os.environ[PREPARED])
    with (data_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (data_dir / "data").is_dir():
            making = data_dir / "making"
            making.mkdir()
            prepare = [sys.executable, "manage.py", "prepare"]
            subprocess.run(prepare, cwd=ROOT, env=_alone(making), check=True, capture_output=True)
            making.rename(data_dir / "data")
    return data_dir / "data"


def _alone(data_dir: Path) -> dict[str, str]:
    """Return the surroundings of a server with everything in its own folder."""
    given = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    return given | {
        "AGENTSITE_DATA_DIR": str(data_dir),
        "AGENTSITE_ADMIN_PASSWORD": PASSWORD,
        "AGENT_MODEL": "cookbook",
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
    }


@contextmanager
def running_process(
    arguments: list[str], log: Path, environment: dict[str, str], *, inherit: bool = True
) -> Iterator[subprocess.Popen[str]]:
    """Run one of our programs, its output in a file; stop it, and whatever it started, at the end."""
    given = dict(os.environ) if inherit else {}
    with log.open("a") as file:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=given | environment,
            stdout=file,
            stderr=file,
            text=True,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def wait_until_final(client: httpx.Client, build_id: str, *, seconds: float = 60) -> dict[str, object]:
    """Return a build once it has ended."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        build: dict[str, object] = client.get(f"/api/v1/builds/{build_id}/").json()
        if build["status"] in {"completed", "failed", "cancelled"}:
            return build
        time.sleep(0.2)
    raise AssertionError(f"build {build_id} did not end: {build}")
