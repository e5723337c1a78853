"""Files on their way into a sandbox."""

import tempfile
from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.agent.values import SandboxLimits
from builds.sandbox.inputs import check_files, staged
from builds.sandbox_runner.orders import clamped


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


def test_how_much_goes_in_is_a_limit_of_the_request_and_the_runner_has_the_last_word() -> None:
    large = {"file": bytes(20_000_000)}
    asked = SandboxLimits(input_file_bytes=20 << 20, input_bytes=20 << 20)
    check_files(large, asked)
    check_files(large, clamped(asked.model_copy(update={"input_file_bytes": 1 << 40, "input_bytes": -1})))
    for limits in (SandboxLimits(), asked.model_copy(update={"input_bytes": 19_999_999})):
        with pytest.raises(AgentError) as refused:
            check_files(large, limits)
        assert refused.value.details["rule"] == "total_too_large"
    with pytest.raises(AgentError) as refused:
        check_files({"file": bytes(2 << 20)})
    assert refused.value.details["rule"] == "file_too_large"
