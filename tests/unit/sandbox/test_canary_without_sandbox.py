"""The self-test's attempts, where nothing stops them: an attempt that can't succeed here proves nothing there."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from builds.sandbox.bubblewrap import DRIVERS
from builds.sandbox.canary import EXPECTED


def attempts(folder: Path) -> dict[str, bool]:
    """Run the probe as an ordinary process."""
    bait = folder / "bait"
    bait.write_text("token", encoding="ascii")
    with socket.create_server(("127.0.0.1", 0)) as server:
        given = {"token": "token", "path": str(bait), "port": server.getsockname()[1], "processes": 4}
        given["pid_namespace"] = os.readlink("/proc/self/ns/pid")
        environment = {"CANARY": "token", "TMPDIR": str(folder)}
        probe = subprocess.run(
            [sys.executable, "-I", str(DRIVERS / "canary.py")],
            input=json.dumps(given).encode(),
            capture_output=True,
            env=environment,
            check=True,
        )
    held: dict[str, bool] = json.loads(probe.stdout)
    return held


def test_every_attempt_is_made(tmp_path: Path) -> None:
    assert set(attempts(tmp_path)) == EXPECTED


def test_without_a_sandbox_everything_is_in_reach(tmp_path: Path) -> None:
    held = attempts(tmp_path)
    in_reach = {"environment_hidden", "file_hidden", "network_refused", "host_processes_hidden", "processes_limited"}
    assert {name for name in in_reach if held[name]} == set()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user may not do this anywhere")
def test_without_a_sandbox_root_may_do_everything(tmp_path: Path) -> None:
    held = attempts(tmp_path)
    assert not held["outside_read_only"]
    assert not held["user_is_not_root"]
    assert not held["namespaces_refused"]
