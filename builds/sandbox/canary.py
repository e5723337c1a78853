"""Finds out by trying whether a sandbox holds: a version number proves nothing.

A probe runs inside and tries to get out. Each attempt reports that it was made, so one that never ran can't pass.
"""

import json
import os
import secrets
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest
from builds.sandbox.folders import owned_folder

VARIABLE = "AGENTSITE_SANDBOX_CANARY"
LIMITS = SandboxLimits(wall_seconds=20.0, processes=32)
PROBE = ("/runtime/bin/python", "-I", "/driver/canary.py")

EXPECTED = frozenset({
    "environment_hidden",
    "file_hidden",
    "network_refused",
    "outside_read_only",
    "user_is_not_root",
    "processes_limited",
    "namespaces_refused",
    "mount_refused",
    "work_writable",
    "host_processes_hidden",
})  # fmt: skip


@dataclass(frozen=True)
class Bait:
    """Things of the host that must not be reachable."""

    token: str
    path: Path
    port: int


@dataclass(frozen=True)
class SelfTest:
    """What the attempts showed."""

    failure: str
    """The first thing that is wrong as a dotted code; empty when the sandbox holds."""
    held: Mapping[str, bool]
    """Attempt → whether it was refused, as far as they were made."""


def failure_of(sandbox: Sandbox) -> str:
    """Return the first thing that is wrong with a sandbox as a dotted code; empty when it holds."""
    return self_test(sandbox).failure


def self_test(sandbox: Sandbox) -> SelfTest:
    """Try to get out of a sandbox in every way of the list."""
    with _bait() as bait:
        try:
            result = sandbox.run(SandboxRequest(argv=PROBE, files={}, stdin=_as_json(bait), limits=LIMITS))
        except AgentError as error:
            reason = error.details.get("advice", error.details.get("step", "unknown"))
            return SelfTest(f"{error.code}.{reason}", {})
    if result.outcome != "exited" or result.exit_code != 0:
        return SelfTest(f"selftest.{result.outcome}", {})
    return _judged(result.stdout)


def _as_json(bait: Bait) -> bytes:
    return json.dumps(
        {
            "token": bait.token,
            "path": str(bait.path),
            "port": bait.port,
            "pid_namespace": os.readlink("/proc/self/ns/pid"),
            "processes": LIMITS.processes,
        }
    ).encode()


def _judged(answer: bytes) -> SelfTest:
    try:
        told = json.loads(answer)
        held = {name: told[name] is True for name in sorted(EXPECTED) if name in told}
    except (ValueError, TypeError):
        return SelfTest("selftest.no_answer", {})
    for name in sorted(EXPECTED):
        if name not in held:
            return SelfTest(f"selftest.{name}.not_run", held)
        if not held[name]:
            return SelfTest(f"selftest.{name}", held)
    return SelfTest("", held)


@contextmanager
def _bait() -> Iterator[Bait]:
    """Lay out an environment variable, a file and a listening port with a token for the time of the test."""
    token = secrets.token_hex(16)
    with (
        owned_folder() as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        path = folder / "canary"
        path.write_text(token, encoding="ascii")
        os.environ[VARIABLE] = token
        try:
            folder.chmod(0o755)  # so that it is the sandbox that hides the file, not its mode
            path.chmod(0o644)
            yield Bait(token, path, server.getsockname()[1])
        finally:
            del os.environ[VARIABLE]
