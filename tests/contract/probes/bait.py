"""Things of the host, laid out for the time of a test, that no probe may reach."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

from builds.agent.values import SandboxLimits
from builds.sandbox.bubblewrap import DRIVERS
from tests.contract.probes.register import Bait

MIB = 1 << 20
REPOSITORY = Path(__file__).resolve().parents[3]
VARIABLE = "AGENTSITE_PROBE_TOKEN"
LIMITS = SandboxLimits(
    wall_seconds=60.0,
    cpu_seconds=20,
    processes=40,
    process_memory_bytes=160 * MIB,
    memory_bytes=512 * MIB,
    work_bytes=8 * MIB,
    file_bytes=2 * MIB,
    open_files=64,
)


@contextlib.contextmanager
def laid_out() -> Iterator[Bait]:
    """Yield the bait; the file, the sockets and the variable are gone afterwards."""
    token = secrets.token_hex(16)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="probe-bait-")))
        folder.chmod(0o777)
        secret = folder / "secret"
        secret.write_text(token, encoding="ascii")
        secret.chmod(0o644)
        server = stack.enter_context(socket.create_server(("0.0.0.0", 0)))  # noqa: S104  all addresses are the bait
        _listen(stack, str(folder / "socket"))
        _listen(stack, f"\0probe-{token}")
        os.environ[VARIABLE] = token
        stack.callback(os.environ.pop, VARIABLE)
        yield {
            "token": token,
            "path": str(secret),
            "linkable": str(secret),
            "repository": str(REPOSITORY),
            "drivers": str(DRIVERS),
            "port": server.getsockname()[1],
            "datagram_port": _echo(stack),
            "address": _own_address(),
            "unix_path": str(folder / "socket"),
            "unix_name": f"probe-{token}",
            "pid": os.getpid(),
            "neighbours": [_sleeper(stack) for _ in range(4)],
            "hostname": socket.gethostname(),
            "disk": _disk(),
            **LIMITS.model_dump(),
        }


def _listen(stack: contextlib.ExitStack, address: str) -> None:
    listener = stack.enter_context(socket.socket(socket.AF_UNIX))
    listener.bind(address)
    listener.listen()
    if not address.startswith("\0"):
        Path(address).chmod(0o777)


def _echo(stack: contextlib.ExitStack) -> int:
    """Answer datagrams until the stack is closed."""
    server = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    server.bind(("127.0.0.1", 0))

    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                data, address = server.recvfrom(16)
                if data == b"stop":
                    return
                server.sendto(data, address)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    port = int(server.getsockname()[1])

    def stop() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"stop", ("127.0.0.1", port))
        thread.join(2)

    stack.callback(stop)
    return port


def _sleeper(stack: contextlib.ExitStack) -> int:
    """Start a process of this user that does nothing until the stack is closed."""
    process = stack.enter_context(subprocess.Popen((sys.executable, "-I", "-c", "input()"), stdin=subprocess.PIPE))
    stack.callback(process.kill)
    return process.pid


def _own_address() -> str:
    """Return an address of this machine on some network; nothing is sent. Without a route, another loopback one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        try:
            client.connect(("192.0.2.1", 9))
        except OSError:
            return "127.0.0.2"
        return str(client.getsockname()[0])


def _disk() -> str:
    """Return the name of the first disk, as the kernel lists them; empty on machines without one."""
    lines = Path("/proc/partitions").read_text("ascii").splitlines()[2:]
    names = [line.split()[3] for line in lines if line.split()]
    return next((name for name in names if Path("/dev", name).exists() and not name.startswith(("loop", "ram"))), "")


def sources() -> dict[str, bytes]:
    """Return the probes' own files, under the names they have here."""
    folder = Path(__file__).parent
    own = ("register", "run", "calls", "files", "identity", "network", "processes", "resources")
    packages = ("tests/__init__.py", "tests/contract/__init__.py", "tests/contract/probes/__init__.py")
    return {
        **dict.fromkeys(packages, b""),
        **{f"tests/contract/probes/{n}.py": (folder / f"{n}.py").read_bytes() for n in own},
    }


MAIN = "import sys; sys.path.insert(0, '{place}'); from tests.contract.probes.run import main; main()"


def bare_command(place: Path) -> tuple[str, ...]:
    """Return how to run the probes without a sandbox."""
    return (sys.executable, "-I", "-B", "-c", MAIN.format(place=place))
