"""A sandbox-runner as a real process on a free port."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxRequest
from builds.sandbox.remote import RemoteSandbox

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-tests-that-is-long-enough"
PASSED_ON = ("PATH", "HOME", "TMPDIR", "LANG", "SANDBOX_RUNTIME_DIR")
START_SECONDS = 60.0


@dataclass
class Runner:
    """A running service."""

    process: "subprocess.Popen[bytes]"
    port: int

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def sandbox(self, token: str = TOKEN) -> RemoteSandbox:
        """Return a new client, which remembers nothing."""
        return RemoteSandbox(self.url, token)

    def wait_until_ready(self, *, but: str = "") -> None:
        """Wait until it answers, if only with an error that is expected.

        :raises AgentError: it did not.
        """
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.sandbox().about()
            except AgentError as error:
                if error.code == but:
                    return
                if time.monotonic() > until or self.process.poll() is not None:
                    raise
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End it as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def running_runner(*options: str, port: int | None = None, wait: bool = True, **environment: str) -> Iterator[Runner]:
    """Start a service with an environment of its own, wait until it is ready, and stop it at the end."""
    port = port or free_port()
    command = [sys.executable, "-m", "builds.sandbox_runner", "--listen", f"127.0.0.1:{port}", *options]
    given = {name: value for name, value in os.environ.items() if name in PASSED_ON}
    process = subprocess.Popen(command, cwd=ROOT, env={**given, "SANDBOX_TOKEN": TOKEN, **environment})
    runner = Runner(process, port)
    try:
        if wait:
            runner.wait_until_ready()
        yield runner
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def answering_once(answer: bytes) -> Iterator[str]:
    """Give the address of something that reads a request and answers the same bytes to whoever comes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(1 << 16)
                    with contextlib.suppress(ConnectionError):
                        connection.sendall(answer)
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(1 << 16):
                            pass

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def code_of(call: Callable[[], object]) -> str:
    """Return the code of the error that a call ends with."""
    with pytest.raises(AgentError) as caught:
        call()
    return caught.value.code


def run(sandbox: Sandbox, command: str) -> bytes:
    """Return what a line of shell prints."""
    return sandbox.run(shell(command)).stdout


def shell(command: str) -> SandboxRequest:
    """Make a request of a line of shell."""
    return SandboxRequest(argv=("/bin/sh", "-c", command), files={})
