"""A worker that lives tidies up after one that was killed."""

import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builds import engine, sweeper
from builds.agent.values import SandboxRequest
from tests.contract.sandbox_probes import left_by_a_killed_process

pytestmark = [pytest.mark.django_db, pytest.mark.sandbox, pytest.mark.alone]


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_sweep_removes_what_a_killed_worker_left_and_nothing_of_a_running_build(temporary: Path) -> None:
    sandbox = engine.sandbox()
    began = threading.Event()
    request = SandboxRequest(argv=("/bin/sh", "-c", "echo; sleep 0.5; cat /src/answer"), files={"answer": b"alive"})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sandbox.run, request, on_output=lambda _: began.set())
        assert began.wait(10)
        (live,) = temporary.iterdir()
        left_by_a_killed_process(temporary)
        sweeper.sweep()
        assert list(temporary.iterdir()) == [live]
        assert running.result().stdout == b"\nalive"
