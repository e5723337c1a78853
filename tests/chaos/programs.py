"""Programs that are started, hurt and started again, and servers of our own on free ports."""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.composition import ROOT
from tests.flows.servers import free_port

START_SECONDS, END_SECONDS = 60.0, 30.0


class Program:
    """One program; its output goes on in one file however often it is started.

    :param is_ready: asked until it says yes before the start counts as done.
    :param user: whose program it is, when this one is root.
    :param goodbye: what tells it to end.
    """

    def __init__(
        self,
        name: str,
        words: Sequence[str | Path],
        log: Path,
        environment: Mapping[str, str],
        *,
        is_ready: Callable[[], bool] = lambda: True,
        user: str | None = None,
        goodbye: signal.Signals = signal.SIGTERM,
    ) -> None:
        self.name, self.log = name, log
        self._words, self._environment = words, environment
        self._is_ready, self._user, self._goodbye = is_ready, user, goodbye
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Number of its process; 0 before the first start."""
        return self._process.pid if self._process else 0

    def is_running(self) -> bool:
        """Say whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def start(self, *, waits: bool = True) -> None:
        """Start it and wait until it is ready.

        :raises TimeoutError: with the end of its log, when it does not get ready.
        """
        with self.log.open("ab") as file:
            self._process = subprocess.Popen(
                self._words,
                cwd=ROOT,
                env=dict(self._environment),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                user=self._user,
            )
        if waits:
            self.wait_until_ready()

    def wait_until_ready(self) -> None:
        """Wait until it is.

        :raises TimeoutError: with the end of its log, when it does not get ready.
        """
        until = time.monotonic() + START_SECONDS
        while not self._is_ready():
            if time.monotonic() > until or not self.is_running():
                raise TimeoutError(f"{self.name} did not start:\n{self.log.read_text('utf-8', 'replace')[-3000:]}")
            time.sleep(0.05)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it, not to what it started."""
        if self._process is not None:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power cut would, and wait until it is gone."""
        self.end(signal.SIGKILL)

    def wait(self, seconds: float) -> int | None:
        """Wait until it ends and return its exit status; None when it still runs after so many seconds."""
        try:
            return self._process.wait(seconds) if self._process else 0
        except subprocess.TimeoutExpired:
            return None

    def end(self, number: signal.Signals | None = None) -> None:
        """Tell it to end; one that does not is killed."""
        if self._process is None:
            return
        self.send(signal.SIGCONT)
        self.send(number or self._goodbye)
        if self.wait(END_SECONDS) is None:
            self._process.kill()
            self._process.wait()


def postgresql(folder: Path) -> tuple[Program, str]:
    """Make a PostgreSQL server with an empty database that belongs to nobody else; return it, not started, and its URL.

    Flushing to the disk is off: it is processes that are killed here, not machines.
    """
    programs, data, port = _postgresql_programs(), folder / "postgresql", free_port()
    user = "postgres" if os.geteuid() == 0 else None
    data.mkdir()
    if user:
        shutil.chown(data, user)
    name = user or pwd.getpwuid(os.geteuid()).pw_name
    options = ("--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", f"--username={name}")
    made: list[str | Path] = [programs / "initdb", *options, f"--pgdata={data}"]
    subprocess.run(made, cwd="/", check=True, capture_output=True, user=user)
    words: list[str | Path] = [programs / "postgres", "-D", data, "-k", data, "-h", "127.0.0.1", "-p", str(port), "-F"]
    ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
    server = Program(
        "postgresql",
        words,
        folder / "postgresql.log",
        {"PATH": os.environ["PATH"]},
        is_ready=lambda: subprocess.run(ready, check=False).returncode == 0,
        user=user,
        goodbye=signal.SIGINT,  # the default would wait until everybody has hung up
    )
    return server, f"postgres://{name}@127.0.0.1:{port}/postgres"


def redis(folder: Path) -> tuple[Program, str]:
    """Make a Redis server that keeps nothing on disk; return it, not started, and its URL."""
    port = free_port()
    program = shutil.which("redis-server") or "redis-server"
    words: list[str | Path] = [program, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", folder]
    ready = [shutil.which("redis-cli") or "redis-cli", "-p", str(port), "ping"]
    server = Program(
        "redis",
        words,
        folder / "redis.log",
        {"PATH": os.environ["PATH"]},
        is_ready=lambda: b"PONG" in subprocess.run(ready, check=False, capture_output=True).stdout,
    )
    return server, f"redis://127.0.0.1:{port}/0"


def _postgresql_programs() -> Path:
    """Return the newest version's folder; Debian puts none on the path.

    :raises FileNotFoundError: it is not installed.
    """
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = versions[-1] if versions else shutil.which("initdb")
    if not found:
        raise FileNotFoundError("PostgreSQL's initdb: install postgresql")
    return Path(found).resolve().parent
