"""Backup and restore on PostgreSQL, with its own programs."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from agentsite.backup.manifest import sha256_of
from tests.databases import own_database
from tests.flows.installations import Installation, Tables, assert_settled, without_holders
from tests.flows.servers import WANTED, Server, free_port, running_process, wait_until_final
from tests.flows.worlds import wait_until

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with own_database() as address:
        installation = Installation(tmp_path_factory.mktemp("filled"), address)
        installation.fill()
        yield installation


@pytest.fixture(scope="module")
def folder(filled: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups")
    watched("pg_dump", folder / "bin")
    filled.environment["PATH"] = f"{folder / 'bin'}:{os.environ['PATH']}"
    filled.manage("backup", str(folder / "one"))
    return folder / "one"


@pytest.fixture(scope="module")
def restored(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with own_database() as address:
        installation = Installation(tmp_path_factory.mktemp("restored"), address)
        installation.manage("restore", str(folder))
        yield installation


def test_a_restore_brings_every_row_back_and_the_wall_stands(filled: Installation, restored: Installation) -> None:
    before, after = before_the_backup(filled), restored.tables()
    assert without_holders(after) == without_holders(before)
    assert_settled(after, before)
    assert_wall_stands(restored.database)


def test_the_password_is_on_no_command_line(filled: Installation, folder: Path) -> None:
    told = (folder.parent / "bin" / "told").read_text()
    assert "--format=custom" in told
    assert str(conninfo_to_dict(filled.database)["password"]) not in told


@pytest.mark.thorough
def test_a_used_database_is_replaced_only_when_told_and_when_nobody_uses_it(
    filled: Installation, restored: Installation, folder: Path
) -> None:
    assert "--overwrite" in restored.manage("restore", str(folder), succeeds=False)
    with psycopg.connect(restored.database):
        said = restored.manage("restore", str(folder), "--overwrite", succeeds=False)
        assert "1 other sessions" in said
    restored.manage("restore", str(folder), "--overwrite")
    assert without_holders(restored.tables()) == without_holders(before_the_backup(filled))
    assert_wall_stands(restored.database)


@pytest.mark.thorough
def test_a_restore_that_fails_in_the_middle_changes_nothing(
    restored: Installation, folder: Path, tmp_path: Path
) -> None:
    before, broken = restored.tables(), tmp_path / "broken"
    shutil.copytree(folder, broken)
    with (broken / "database.dump").open("r+b") as file:
        file.truncate(file.seek(0, os.SEEK_END) * 2 // 3)
    manifest = json.loads((broken / "manifest.json").read_text())
    manifest["files"]["database.dump"] = sha256_of(broken / "database.dump")
    (broken / "manifest.json").write_text(json.dumps(manifest))
    assert "nothing was changed" in restored.manage("restore", str(broken), "--overwrite", succeeds=False)
    assert restored.tables() == before


@pytest.mark.thorough
def test_a_database_of_a_newer_schema_is_not_replaced(restored: Installation, folder: Path) -> None:
    with psycopg.connect(restored.database) as connection:
        connection.execute("CREATE TABLE of_tomorrow (id int)")
    said = restored.manage("restore", str(folder), "--overwrite", succeeds=False)
    with psycopg.connect(restored.database) as connection:
        connection.execute("DROP TABLE of_tomorrow")
    assert "of_tomorrow" in said
    assert "empty database" in said


@pytest.mark.thorough
@pytest.mark.sandbox
def test_builds_that_ran_while_the_backup_was_taken_end_verified_after_a_restore(tmp_path: Path) -> None:
    folder = tmp_path / "backup"
    with own_database() as address:
        first = Installation(tmp_path / "first", address)
        first.manage("prepare")
        with serving(first) as server, server.logged_in() as client:
            ids = [client.post("/api/v1/builds/", json=WANTED | {"project_name": name}).json()["id"] for name in "abc"]
            wait_until(lambda: client.get(f"/api/v1/builds/{ids[0]}/events/").json()["last_seq"] > 5, seconds=60)
            first.manage("backup", str(folder))
    with own_database() as address:
        second = Installation(tmp_path / "second", address)
        second.manage("restore", str(folder))
        assert {row["status"] for row in second.tables()["builds_build"]} != {"completed"}
        with serving(second) as server, server.logged_in() as client:
            assert {wait_until_final(client, build_id)["verification"] for build_id in ids} == {"verified"}


@contextmanager
def serving(installation: Installation) -> Iterator[Server]:
    """Run a web process and a worker."""
    data_dir, port = installation.data_dir, free_port()
    environment = {
        "AGENTSITE_DATA_DIR": str(data_dir),
        "AGENT_MODEL": "cookbook",
        "DATABASE_URL": installation.database,
        "DJANGO_SETTINGS_MODULE": "agentsite.settings",
    }
    web = ["-m", "uvicorn", "agentsite.asgi:application", "--port", str(port), "--log-level", "warning"]
    worker = ["-m", "celery", "-A", "agentsite", "worker", "-Q", "runs,short", "-c", "2", "--prefetch-multiplier", "1"]
    with ExitStack() as running:
        running.enter_context(running_process(worker, data_dir / "worker.log", environment))
        process = running.enter_context(running_process(web, data_dir / "web.log", environment))
        server = Server(process, f"http://127.0.0.1:{port}", data_dir)
        server.wait_until_alive(data_dir / "web.log")
        yield server


def before_the_backup(filled: Installation) -> Tables:
    """Return what stood in the database: only that it was backed up is told later."""
    tables = filled.tables()
    tables["audit_auditlog"] = [row for row in tables["audit_auditlog"] if row["action"] != "backup.written"]
    return tables


def test_a_backup_says_what_to_install(filled: Installation, tmp_path: Path) -> None:
    filled.environment["PATH"] = str(tmp_path)
    said = filled.manage("backup", str(tmp_path / "backup"), succeeds=False)
    assert "postgresql-client" in said
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_is_told(tmp_path: Path) -> None:
    away = Installation(tmp_path / "data", f"postgres://nobody:nothing@127.0.0.1:{free_port()}/none")
    assert "cannot be asked" in away.manage("backup", str(tmp_path / "backup"), succeeds=False)
    assert not (tmp_path / "backup").exists()


def watched(program: str, folder: Path) -> Path:
    """Put a door before a program that writes down with which words it was called."""
    real, told = shutil.which(program), folder / "told"
    folder.mkdir()
    (folder / program).write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {told}\nexec {real} "$@"\n')
    (folder / program).chmod(0o755)
    return told


def assert_wall_stands(address: str) -> None:
    with psycopg.connect(address) as connection:
        may = connection.execute(
            "SELECT has_table_privilege(current_database() || '_web', 'builds_build', 'SELECT'),"
            " has_table_privilege(current_database() || '_web', 'audit_auditlog', 'DELETE'),"
            " (SELECT relrowsecurity FROM pg_class WHERE relname = 'builds_build')"
        ).fetchone()
    assert may == (True, False, True)
