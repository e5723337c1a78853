"""Secrets are in a backup only when they are asked for."""

import os
import stat
from pathlib import Path

import pytest
from django.core.management import call_command

from agentsite import env
from agentsite.accounts.models import User
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def planted(monkeypatch: pytest.MonkeyPatch, owner: User) -> dict[str, bytes]:
    names = [setting.name for setting in env.TABLE if setting.is_secret]
    for number, name in enumerate(names):
        monkeypatch.setenv(name, f"planted-secret-{number}-end")
    monkeypatch.setenv("OLLAMA_BASE_URL", "http://user:planted-secret-in-url@ollama:11434")
    monkeypatch.setenv("AGENT_MAX_REPAIRS", "7")
    factories.completed(owner)
    found = {name: os.environ[name].encode() for name in (*names, "OLLAMA_BASE_URL")}
    return found | {"secret-key": made_key()}


def made_key() -> bytes:
    key = env.data_dir() / "secret-key"
    if not key.exists():
        key.write_text("planted-secret-key-of-the-data-directory")
    return key.read_bytes()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_secrets_are_nowhere_unless_asked_for(
    planted: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backup", str(tmp_path / "backup"))
    held = contents(tmp_path / "backup")
    assert [(n, f) for n, secret in planted.items() for f, content in held.items() if secret in content] == []
    assert not [f for f, content in held.items() if b"planted-secret" in content]
    assert b"AGENT_MAX_REPAIRS=7\n" in held["settings.env"]
    assert "no keys" in capsys.readouterr().out


def test_secrets_are_there_when_asked_for_and_closed_to_others(
    planted: dict[str, bytes], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call_command("backup", str(tmp_path / "backup"), with_secrets=True)
    held = contents(tmp_path / "backup")
    open_ones = [f for f, content in held.items() if b"planted-secret" in content and "secrets/" not in f]
    assert open_ones == []
    assert held["secrets/secret-key"] == planted.pop("secret-key")
    assert [name for name, secret in planted.items() if secret not in held["secrets/settings.env"]] == []
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "backup").rglob("*")}
    assert set(modes.values()) == {0o600, 0o700}
    assert "SECRETS" in capsys.readouterr().out
