"""Files on their way into a sandbox."""

import tempfile
from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.sandbox.inputs import check_files, staged


def test_an_ordinary_project_is_accepted() -> None:
    check_files(
        {"src/pkg/__init__.py": b"", "src/pkg/a.py": b"", "tests/test_a.py": b"", "README.md": b"", "a-b.c": b""}
    )


def test_files_lie_in_a_closed_folder_for_as_long_as_they_are_needed() -> None:
    with staged({"a/b.txt": b"hi"}) as folder:
        assert (folder / "src/a/b.txt").read_bytes() == b"hi"
        assert folder.stat().st_mode & 0o777 == 0o700
        assert (folder / "src/a").stat().st_mode & 0o777 == 0o755
    assert not folder.exists()


def test_a_server_without_room_is_not_the_users_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(AgentError) as caught, staged({}):
        pass
    assert (caught.value.code, caught.value.details["step"]) == ("sandbox.start_failed", "stage")
