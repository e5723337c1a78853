"""Finds out by trying whether a sandbox holds: a version number proves nothing.

A probe runs inside and tries to get out. Each attempt reports that it was made, so one that never ran can't pass.
"""

import json
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest

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


def failure_of(sandbox: Sandbox) -> str:
    """Return the first thing that is wrong with a sandbox as a dotted code; empty when it holds."""
    with _bait() as bait:
        given = json.dumps(
            {"token": bait.token, "path": str(bait.path), "port": bait.port, "processes": LIMITS.processes}
        )
        try:
            result = sandbox.run(SandboxRequest(argv=PROBE, files={}, stdin=given.encode(), limits=LIMITS))
        except AgentError as error:
            return f"{error.code}.{error.details.get('advice', error.details.get('step', 'unknown'))}"
    if result.outcome != "exited" or result.exit_code != 0:
        return f"selftest.{result.outcome}"
    return _first_escape(result.stdout)


def _first_escape(answer: bytes) -> str:
    try:
        held = json.loads(answer)
    except ValueError:
        return "selftest.no_answer"
    for name in sorted(EXPECTED):
        if name not in held:
            return f"selftest.{name}.not_run"
        if held[name] is not True:
            return f"selftest.{name}"
    return ""


@contextmanager
def _bait() -> Iterator[Bait]:
    """Lay out an environment variable, a file and a listening port with a token for the time of the test."""
    token = secrets.token_hex(16)
    with (
        tempfile.TemporaryDirectory(prefix="sandbox-canary-") as folder,
        socket.create_server(("127.0.0.1", 0)) as server,
    ):
        path = Path(folder) / "canary"
        path.write_text(token, encoding="ascii")
        os.environ[VARIABLE] = token
        try:
            Path(folder).chmod(0o755)  # so that it is the sandbox that hides the file, not its mode
            path.chmod(0o644)
            yield Bait(token, path, server.getsockname()[1])
        finally:
            del os.environ[VARIABLE]
