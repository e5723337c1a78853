"""Settings from the environment."""

import stat
from pathlib import Path

import pytest

from agentsite import env


@pytest.mark.parametrize("value", ["x", "0", "70000", "-1", "1.5"])
def test_a_wrong_value_stops_the_start_with_its_name(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("PORT", value)
    with pytest.raises(SystemExit, match=r"^PORT='.*' is wrong: give a whole number from 1 to 65535$"):
        env.integer("PORT", least=1, most=65535)


def test_a_wrong_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDIS_URL", "hunter2")
    with pytest.raises(SystemExit) as stopped:
        env.integer("REDIS_URL")
    assert "hunter2" not in str(stopped.value)


def test_a_secret_may_come_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from a file\n")
    monkeypatch.setenv("OPENAI_API_KEY_FILE", str(tmp_path / "key"))
    assert env.text("OPENAI_API_KEY") == "from a file"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY_FILE", "/nowhere/key")
    with pytest.raises(SystemExit, match="OPENAI_API_KEY_FILE"):
        env.text("OPENAI_API_KEY")


def test_an_empty_value_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "  ")
    assert env.integer("PORT") == 8000


def test_a_secret_key_is_made_once_and_private(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AGENTSITE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("DJANGO_SECRET_KEY", raising=False)
    first = env.secret_key("DJANGO_SECRET_KEY", "secret-key")
    assert env.secret_key("DJANGO_SECRET_KEY", "secret-key") == first
    assert len(first) > 50
    assert stat.S_IMODE((tmp_path / "data/secret-key").stat().st_mode) == 0o600
