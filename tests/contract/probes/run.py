"""Makes every attempt in a child of its own and prints what became of it.

The same file runs inside and on the bare machine. Only the standard library is used: a sandbox has
nothing else of ours.
"""

import contextlib
import errno
import importlib
import json
import os
import resource
import select
import shutil
import signal
import sys
import tempfile
from typing import Any

from tests.contract.probes.register import PROBES, Bait, Probe

SECONDS = 5.0
MODULES = ("calls", "files", "identity", "network", "processes", "resources")
MIB = 1 << 20
BOUNDS = {
    resource.RLIMIT_AS: 2048 * MIB,
    resource.RLIMIT_CPU: 5,
    resource.RLIMIT_FSIZE: 1 << 44,
    resource.RLIMIT_NOFILE: 1024,
}
"""For the bare machine: loose enough for each attempt to succeed, tight enough to do no harm."""

BEGUN = b"begun\n"


def load() -> dict[str, Probe]:
    """Import every module of probes and return them all."""
    for name in MODULES:
        importlib.import_module(f"tests.contract.probes.{name}")
    return PROBES


def main() -> None:
    """Read the bait from stdin and print one JSON object: name → outcome."""
    bait: Bait = json.load(sys.stdin)
    print(json.dumps({name: outcome(probe, bait) for name, probe in load().items()}))  # noqa: T201  the answer


def outcome(probe: Probe, bait: Bait) -> dict[str, Any]:
    """Make one attempt; say whether it was begun, whether it reached its aim, and how it ended."""
    folder = tempfile.mkdtemp(prefix="probe-")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        _attempt(probe, bait, folder, writing)
    os.close(writing)
    answer = _read_until_end(reading)
    os.close(reading)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    shutil.rmtree(folder, ignore_errors=True)
    return _judged(answer, status)


def _attempt(probe: Probe, bait: Bait, folder: str, writing: int) -> None:
    """Never return: what an attempt did to its process must not reach the next one."""
    try:
        os.setpgid(0, 0)
        os.chdir(folder)
        if bait["bounded"]:
            for name, value in BOUNDS.items():
                resource.setrlimit(name, (value, value))
        os.write(writing, BEGUN)
        try:
            how = "reached" if probe.attempt(bait) else "missed"
        except OSError as error:
            how = errno.errorcode.get(error.errno or 0, type(error).__name__)
        except BaseException as error:  # noqa: BLE001  whatever it was, it is the outcome
            how = type(error).__name__
        os.write(writing, how.encode())
    finally:
        os._exit(0)


def _read_until_end(descriptor: int) -> bytes:
    """Read until the child's end; its own children hold the pipe open, so wait no longer than allowed."""
    answer = b""
    while select.select([descriptor], [], [], SECONDS)[0]:
        chunk = os.read(descriptor, 4096)
        if not chunk:
            break
        answer += chunk
        if answer.startswith(BEGUN) and len(answer) > len(BEGUN):
            break
    return answer


def _judged(answer: bytes, status: int) -> dict[str, Any]:
    how = answer.removeprefix(BEGUN).decode()
    if not how:
        how = signal.Signals(status & 0x7F).name if status & 0x7F else "silent"
    return {"begun": answer.startswith(BEGUN), "reached": how == "reached", "how": how}
