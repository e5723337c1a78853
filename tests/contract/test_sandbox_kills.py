"""kill -9 at random moments, under eight parallel runs: of the server, which is also the watchdog, and of bubblewrap.

The moments come from the seed in the test's name.
"""

import contextlib
import os
import random
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from builds.sandbox.cgroups import group_folders
from builds.sandbox.folders import PREFIX
from builds.sandbox.housekeeping import remove_orphans
from tests.contract.sandbox_probes import REPOSITORY, eventually, eventually_gone, host_pids

pytestmark = pytest.mark.sandbox

PARALLEL = 8
SECONDS = 0.6
SERVER = """
import sys, threading, time
from builds.agent.errors import AgentError
from builds.agent.values import SandboxRequest
from builds.sandbox.choose import choose_sandbox
token, seconds, parallel = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
sandbox = choose_sandbox()
request = SandboxRequest(argv=("/bin/sh", "-c", f"sleep 0.1; : {token}"), files={"a/b.txt": b"x" * 10_000})
end = time.monotonic() + seconds
def run():
    while time.monotonic() < end:
        try: told = sandbox.run(request).outcome
        except AgentError as error: told = f"{error.code} {error.details['step']}"
        print(f"{told}\\n", end="", flush=True)
threads = [threading.Thread(target=run) for _ in range(parallel)]
for thread in threads: thread.start()
print("ready", flush=True)
for thread in threads: thread.join()
"""


@contextlib.contextmanager
def server(token: str, folder: Path, seconds: float) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process that keeps eight sandboxes busy, and wait until it has begun."""
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)]),
        "TMPDIR": str(folder),
    }
    command = (sys.executable, "-c", SERVER, token, str(seconds), str(PARALLEL))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        try:
            assert any(line == b"ready\n" for line in process.stdout)
            yield process
        finally:
            process.kill()


def is_waiting(pid: int) -> bool:
    """Say whether a process is bubblewrap's inner half, left before anything foreign ran; the next start ends it."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().startswith(b"/usr/bin/bwrap")
    except OSError:
        return True  # gone since


def mounts() -> set[str]:
    return set(Path("/proc/self/mounts").read_text("utf-8").splitlines())


def groups() -> set[Path]:
    return {path for folder in group_folders() for path in folder.glob(f"{PREFIX}*")}


@pytest.mark.parametrize("seed", range(4))
def test_a_killed_server_leaves_nothing(seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moment = random.Random(seed).uniform(0, SECONDS)  # noqa: S311  a moment is no secret
    token = secrets.token_hex(16)
    mounted, grouped = mounts(), groups()
    with server(token, tmp_path, seconds=30) as process:
        time.sleep(moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    assert eventually(lambda: all(is_waiting(pid) for pid in host_pids(f": {token}")))
    remove_orphans()
    assert eventually_gone(f": {token}")
    assert mounts() == mounted
    assert list(tmp_path.iterdir()) == []
    assert groups() - grouped == set()


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_bubblewrap_ends_only_its_own_run(seed: int, tmp_path: Path) -> None:
    moments = random.Random(seed)  # noqa: S311  a moment is no secret
    token = secrets.token_hex(16)
    mounted, grouped = mounts(), groups()
    with server(token, tmp_path, seconds=1) as process:
        assert process.stdout is not None
        for _ in range(4):
            time.sleep(moments.uniform(0, 0.1))
            if pids := host_pids(f": {token}"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(moments.choice(pids), signal.SIGKILL)
        told = set(process.stdout.read().splitlines())
        assert process.wait() == 0
    assert b"exited" in told
    assert told <= {b"exited", b"sandbox.start_failed killed", b"sandbox.start_failed setup"}
    assert eventually_gone(f": {token}")
    assert (mounts(), groups() - grouped, list(tmp_path.iterdir())) == (mounted, set(), [])
