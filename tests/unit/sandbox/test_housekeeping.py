"""Folders that vanish with their process, or at the next start."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from builds.sandbox.folders import PREFIX, owned_folder
from builds.sandbox.housekeeping import end_strays, remove_orphans
from tests.contract.sandbox_probes import left_by_a_killed_process

pytestmark = pytest.mark.alone


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_a_folder_is_there_as_long_as_it_is_needed(temporary: Path) -> None:
    with owned_folder() as folder:
        (folder / "file").touch()
        assert remove_orphans() == []
        assert (folder / "file").exists()
    assert list(temporary.iterdir()) == []


def test_what_a_dead_process_left_is_removed(temporary: Path) -> None:
    orphan = left_by_a_killed_process(temporary)
    assert orphan in remove_orphans()
    assert list(temporary.iterdir()) == []


def test_what_others_made_stays(temporary: Path) -> None:
    target = temporary / "target"
    target.mkdir()
    (temporary / f"{PREFIX}link").symlink_to(target)
    (temporary / "other").mkdir()
    remove_orphans()
    assert {path.name for path in temporary.iterdir()} == {"target", f"{PREFIX}link", "other"}


def test_only_what_was_started_from_a_folder_is_ended(temporary: Path) -> None:
    script = "read line; :"
    stray, other = (
        subprocess.Popen(["/bin/sh", "-c", script, f"{temporary}/{name}/src"], stdin=subprocess.PIPE)
        for name in ("mine", "minetoo")
    )
    end_strays(temporary / "mine")
    with stray, other:
        assert stray.wait(5) == -9
        assert other.poll() is None
