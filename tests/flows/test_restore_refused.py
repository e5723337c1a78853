"""What is refused leaves this process's own database as it was."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from agentsite.accounts.models import User
from agentsite.lock import DataDirectoryLock
from audit.models import AuditLog
from tests import factories

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(owner: User, tmp_path: Path) -> Iterator[Path]:
    factories.submitted(owner)
    folder = tmp_path / "backup"
    call_command("backup", str(folder), stdout=io.StringIO())
    User.objects.create_user("later", password="password")
    yield folder
    assert User.objects.filter(username="later").exists()
    assert not AuditLog.objects.filter(action="backup.restored").exists()


def refused(folder: Path, because: str, *, overwrite: bool = True) -> None:
    with pytest.raises(CommandError, match=because):
        call_command("restore", str(folder), overwrite=overwrite, stdout=io.StringIO())


def changed(folder: Path, **values: Any) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | values))


def test_a_damaged_file_is_refused(folder: Path) -> None:
    file = next(folder.glob("database.*"))
    whole = file.read_bytes()
    file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    refused(folder, "changed or damaged")


def test_a_missing_file_is_refused(folder: Path) -> None:
    (folder / "settings.env").unlink()
    refused(folder, r"settings\.env is missing")


def test_a_missing_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.json").unlink()
    refused(folder, "no manifest")


def test_a_damaged_manifest_is_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text("{")
    refused(folder, "cannot be read")
    (folder / "manifest.json").write_text('{"format": 1}')
    refused(folder, "is damaged")


def test_another_format_is_refused(folder: Path) -> None:
    changed(folder, format=2)
    refused(folder, "another format")


def test_a_full_target_is_refused(folder: Path) -> None:
    refused(folder, "--overwrite replaces them", overwrite=False)


def test_another_engine_is_refused(folder: Path) -> None:
    changed(folder, engine="oracle")
    refused(folder, "of oracle.* restore it where DATABASE_URL")


def test_a_newer_schema_is_refused(folder: Path) -> None:
    contents = json.loads((folder / "manifest.json").read_text())["contents"]
    contents["migrations"]["builds"].append("9999_of_tomorrow")
    changed(folder, contents=contents)
    refused(folder, r"builds\.9999_of_tomorrow.*update this software")


def test_a_restore_under_a_running_server_is_refused(folder: Path) -> None:
    with DataDirectoryLock():
        refused(folder, "uses .*stop")


def test_a_folder_that_cannot_be_made_is_refused(folder: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(folder / "settings.env" / "below"), stdout=io.StringIO())


def test_a_backup_is_never_written_over_something(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not an empty folder"):
        call_command("backup", str(folder))
    assert [path.name for path in tmp_path.iterdir()] == ["backup"]
