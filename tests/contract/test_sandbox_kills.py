"""Kills and breaks at random moments, under eight parallel runs. ``script/chaos sandbox`` goes on for longer."""

import contextlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builds.agent.values import SandboxRequest
from builds.sandbox.choose import choose_sandbox
from tests.chaos.sandbox_parts import SURE_TARGETS
from tests.contract.sandbox_probes import REPOSITORY, eventually_gone, host_pids

pytestmark = [pytest.mark.sandbox, pytest.mark.alone]

PARALLEL = 8
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
WITH_FEW_HANDLES = """
import os, resource
from builds.agent.errors import AgentError
from builds.agent.values import SandboxRequest
from builds.sandbox.choose import choose_sandbox
from builds.sandbox.housekeeping import remove_orphans
sandbox = choose_sandbox()
request = SandboxRequest(argv=("/bin/true",), files={"a": b"x"})
handles = lambda: os.listdir("/proc/self/fd")
held, (soft, hard) = handles(), resource.getrlimit(resource.RLIMIT_NOFILE)
for more in range(20):
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(held) - 1 + more, hard))
    try: print(sandbox.run(request).outcome)
    except AgentError as error: print(error.code)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert handles() == held
remove_orphans()  # as the next sweep does: a folder can't be removed without a handle either
"""


def with_temporary(folder: Path) -> dict[str, str]:
    """Return the environment of a program of ours whose temporary files are to be looked at."""
    paths = os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)])
    return {**os.environ, "PYTHONPATH": paths, "TMPDIR": str(folder)}


@contextlib.contextmanager
def server(token: str, folder: Path, seconds: float) -> Iterator["subprocess.Popen[bytes]"]:
    """Start a process that keeps eight sandboxes busy, and wait until it has begun."""
    environment = with_temporary(folder)
    command = (sys.executable, "-c", SERVER, token, str(seconds), str(PARALLEL))
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        try:
            assert any(line == b"ready\n" for line in process.stdout)
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("seed", range(2))
def test_a_killed_bubblewrap_ends_only_its_own_run(seed: int, tmp_path: Path) -> None:
    moments = random.Random(seed)  # noqa: S311  a moment is no secret
    token = secrets.token_hex(16)
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
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_is_cancelled_while_it_starts_leaves_nothing() -> None:
    token = secrets.token_hex(16)
    request = SandboxRequest(argv=("/bin/sh", "-c", f"sleep 9; : {token}"), files={})
    moments = random.Random(0)  # noqa: S311  a moment is no secret
    sandbox = choose_sandbox()

    def cancelled_soon(_: int) -> str:
        moment = time.monotonic() + moments.uniform(0, 0.006)
        return sandbox.run(request, is_cancelled=lambda: time.monotonic() > moment).outcome

    with ThreadPoolExecutor(PARALLEL) as pool:
        assert set(pool.map(cancelled_soon, range(8 * PARALLEL))) == {"cancelled"}
    assert host_pids(token) == []


def test_a_server_out_of_file_handles_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    environment = with_temporary(tmp_path)
    command = (sys.executable, "-c", WITH_FEW_HANDLES)
    told = subprocess.run(command, capture_output=True, text=True, env=environment, check=True, timeout=60).stdout
    assert set(told.split()) == {"sandbox.start_failed", "exited"}
    assert list(tmp_path.iterdir()) == []


def test_random_kills_of_everything_leave_nothing(tmp_path: Path) -> None:
    identity = "root" if os.geteuid() == 0 else "unprivileged"
    command = (sys.executable, "-m", "tests.chaos", "sandbox", "--short", "--json", "--identity", identity)
    environment = with_temporary(tmp_path)
    chaos = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=300)
    report = json.loads(chaos.stdout)
    assert report["left"] == []
    assert {target for target in SURE_TARGETS if not report["kills"][target]} == set()
    assert report["outcomes"]["exited"] > PARALLEL
    assert list(tmp_path.iterdir()) == []
