"""The pool of user ids, with ids that nobody uses for anything."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from builds.agent.errors import AgentError
from builds.sandbox.uids import FIRST_UID, lent_uid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "locks"


def never() -> bool:
    return False


def test_an_id_is_lent_once_at_a_time_and_given_back(folder: Path) -> None:
    with lent_uid(is_cancelled=never, folder=folder) as first, lent_uid(is_cancelled=never, folder=folder) as second:
        assert (first, second) == (FIRST_UID, FIRST_UID + 1)
    with lent_uid(is_cancelled=never, folder=folder) as again:
        assert again == FIRST_UID


def test_parallel_runs_never_share_an_id(folder: Path) -> None:
    together = Barrier(8, timeout=5)

    def borrow(_: int) -> int | None:
        with lent_uid(is_cancelled=never, folder=folder) as uid:
            together.wait()
            return uid

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(borrow, range(8)))) == 8


def test_other_processes_are_seen_and_their_death_frees_the_id(folder: Path) -> None:
    script = (
        "import sys, pathlib\nfrom builds.sandbox.uids import lent_uid\n"
        "with lent_uid(is_cancelled=lambda: False, folder=pathlib.Path(sys.argv[1])) as uid:\n"
        "    print(uid, flush=True); sys.stdin.read()\n"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
    )
    assert other.stdout is not None
    assert int(other.stdout.readline()) == FIRST_UID
    with lent_uid(is_cancelled=never, folder=folder) as uid:
        assert uid == FIRST_UID + 1
    other.kill()
    other.communicate()
    with lent_uid(is_cancelled=never, folder=folder) as uid:
        assert uid == FIRST_UID


def test_a_full_pool_is_busy(folder: Path) -> None:
    with lent_uid(is_cancelled=never, folder=folder, size=1), pytest.raises(AgentError) as caught:  # noqa: SIM117 (the second must fail while the first is held)
        with lent_uid(is_cancelled=never, folder=folder, size=1, wait_seconds=0.1):
            pass
    assert caught.value.code == "sandbox.busy"


def test_waiting_for_an_id_can_be_cancelled(folder: Path) -> None:
    with (
        lent_uid(is_cancelled=never, folder=folder, size=1),
        lent_uid(is_cancelled=lambda: True, folder=folder, size=1) as uid,
    ):
        assert uid is None


def test_locks_that_others_can_reach_are_refused(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)
    with pytest.raises(AgentError) as caught, lent_uid(is_cancelled=never, folder=folder):
        pass
    assert caught.value.details["advice"] == "locks.not_private"


def test_a_place_for_locks_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(AgentError) as caught, lent_uid(is_cancelled=never, folder=tmp_path / "file" / "locks"):
        pass
    assert caught.value.details["advice"] == "locks.unwritable"
