"""Whatever takes too much, does not stop, or leaves something running is ended, and nothing of it stays."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from builds.agent.values import SandboxLimits, SandboxRequest
from builds.sandbox.choose import choose_sandbox
from tests.contract.probes.endings import ENDINGS, Ending, program
from tests.contract.sandbox_probes import PYTHON, host_pids, host_processes

pytestmark = [pytest.mark.sandbox, pytest.mark.alone]
EACH = pytest.mark.parametrize("ending", ENDINGS, ids=lambda ending: ending.name)
OUTPUT_BYTES = 200_000
LOOKS = 50
"""How often to look: a process that replaces itself is easily missed."""


@EACH
def test_it_is_ended_and_nothing_is_left(ending: Ending, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    token = secrets.token_hex(16)
    limits = SandboxLimits.model_validate(ending.limits)
    argv = (*PYTHON, "-c", program(ending, token))
    result = choose_sandbox().run(SandboxRequest(argv=argv, files={}, limits=limits))
    assert result.stdout.startswith(b"begun\n")
    assert result.outcome in ending.outcomes, result
    assert result.duration_seconds < limits.wall_seconds + 1
    assert host_processes(token) == []
    assert list(tmp_path.iterdir()) == []


@EACH
def test_without_a_sandbox_it_would_go_on(ending: Ending) -> None:
    folder = Path(tempfile.mkdtemp())
    token = secrets.token_hex(16)
    places = (str(folder / "a"), str(folder / "b"))
    for place in places:
        Path(place).mkdir()
    command = (sys.executable, "-I", "-B", "-c", program(ending, token, places, is_bare=True))
    pipe = subprocess.PIPE
    process = subprocess.Popen(command, stdout=pipe, stderr=pipe, cwd=places[0], start_new_session=True)
    try:
        assert read(process, len(b"begun\n")) == b"begun\n"
        goes_on(ending, process, token)
    finally:
        end_all(token)
        process.wait()
        for stream in (process.stdout, process.stderr):
            assert stream is not None
            stream.close()
        subprocess.run(["/bin/rm", "-rf", str(folder)], check=True)  # the tree may be too deep for shutil


def goes_on(ending: Ending, process: "subprocess.Popen[bytes]", token: str) -> None:
    """Show that the program reaches its aim when nobody stops it."""
    if ending.aim == "takes":
        assert read(process, len(b"taken\n")) == b"taken\n"
    elif ending.aim == "leaves":
        process.wait(5)
        assert any(host_processes(token) for _ in range(LOOKS))
    elif "output_limit" in ending.outcomes:
        assert len(read(process, OUTPUT_BYTES, is_error="errors" in ending.name)) == OUTPUT_BYTES
    else:
        time.sleep(0.1)
        if "every_signal" in ending.name:
            process.terminate()
            time.sleep(0.1)
        assert process.poll() is None


def read(process: "subprocess.Popen[bytes]", size: int, *, is_error: bool = False) -> bytes:
    stream = process.stderr if is_error else process.stdout
    assert stream is not None
    return stream.read(size)


def end_all(token: str) -> None:
    """Kill every process of this test's own; those that replace themselves are waited for, they stop by themselves."""
    deadline = time.monotonic() + 10
    unseen = 0
    while unseen < LOOKS and time.monotonic() < deadline:
        pids = host_pids(token)
        unseen = 0 if pids else unseen + 1
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    assert unseen == LOOKS
