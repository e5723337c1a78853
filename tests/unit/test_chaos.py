"""What looks for leftovers after kills finds each kind of them."""

import fcntl
import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from tests.chaos import census, processes
from tests.chaos.killing import Killer
from tests.chaos.tables import as_table
from tests.contract.sandbox_probes import REPOSITORY, eventually

pytestmark = pytest.mark.alone

ORPHAN = """
import signal, subprocess, time
from tests.chaos import processes
processes.adopt_orphans()
subprocess.run(["/bin/sh", "-c", "sleep 60 &"])
while [each.words[0] for each in processes.own()] != ["sleep"]: time.sleep(0.01)
(orphan,) = processes.own()
print(orphan.words)
processes.send(orphan, signal.SIGKILL)
while processes.own(): time.sleep(0.01)
"""


def sleeper() -> "subprocess.Popen[bytes]":
    return subprocess.Popen(["/bin/sleep", "60"])


def test_a_process_that_lost_its_parent_is_still_found_and_reaped() -> None:
    told = subprocess.run([sys.executable, "-c", ORPHAN], cwd=REPOSITORY, capture_output=True, check=True, timeout=20)
    assert told.stdout == b"('sleep', '60')\n"


def test_a_signal_never_reaches_another_process_with_the_same_number() -> None:
    with sleeper() as process:
        there = processes.look(process.pid)
        assert there is not None
        earlier = replace(there, started=there.started - 1)
        assert not processes.send(earlier, signal.SIGKILL)
        assert process.poll() is None
        assert processes.send(there, signal.SIGKILL)
        assert process.wait(5) == -signal.SIGKILL
    assert not processes.send(there, signal.SIGKILL)


def test_only_what_was_hit_is_counted() -> None:
    killer = Killer(0)
    with sleeper() as process:
        there = processes.look(process.pid)
        assert there is not None
        assert killer.strike("it", there, "stop and continue")
        assert killer.strike("it", there, "stop and kill")
    assert not killer.strike("it", there, "kill")
    assert (killer.killed("it"), killer.hits["it", "stop and continue"]) == (1, 1)


def test_handles_are_counted_from_outside() -> None:
    before, go_on = census.handles(os.getpid()), threading.Event()
    thread = threading.Thread(target=go_on.wait)
    thread.start()
    with Path(os.devnull).open("rb"):
        now = census.handles(os.getpid())
    go_on.set()
    thread.join()
    assert (now.descriptors, now.threads) == (before.descriptors + 1, before.threads + 1)


def test_a_folder_and_a_control_group_are_named(tmp_path: Path) -> None:
    (tmp_path / "agentsite-sandbox-x").mkdir()
    assert census.folders(tmp_path) == ["folder agentsite-sandbox-x"]
    assert census.groups([tmp_path]) == [f"control group {tmp_path}/agentsite-sandbox-x"]


def test_a_lock_is_named_when_it_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "61001"
    with path.open("w") as file:
        assert census.locks(tmp_path, owners=[os.getpid()]) == []
        fcntl.flock(file, fcntl.LOCK_EX)
        assert census.locks(tmp_path, owners=[os.getpid()]) == ["lock 61001"]
        assert census.locks(tmp_path, owners=[]) == []


def test_a_mount_in_another_namespace_is_named(tmp_path: Path) -> None:
    options = ("--unshare-pid", "--die-with-parent", "--dev-bind", "/", "/", "--tmpfs", str(tmp_path))
    with subprocess.Popen(["/usr/bin/bwrap", *options, "sleep", "60"]) as process:
        assert eventually(lambda: census.mounts(str(tmp_path)) != [])
        process.kill()
    assert eventually(lambda: census.mounts(str(tmp_path)) == [])


def test_a_table_has_columns() -> None:
    assert as_table(("what", "times"), [("one", 1), ("eleven", 11)]) == "what    times\none         1\neleven     11"
