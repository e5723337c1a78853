"""Backup and restore on PostgreSQL, with its own programs."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.databases import own_database
from tests.flows.installations import Installation, assert_settled, without_holders

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with own_database() as address:
        installation = Installation(tmp_path_factory.mktemp("filled"), address)
        installation.fill()
        yield installation


def test_a_restore_brings_every_row_back_and_the_wall_stands(filled: Installation, tmp_path: Path) -> None:
    before, folder = filled.tables(), tmp_path / "backup"
    told = watched("pg_dump", tmp_path / "bin")
    filled.environment["PATH"] = f"{tmp_path / 'bin'}:{os.environ['PATH']}"
    filled.manage("backup", str(folder))
    password = conninfo_to_dict(filled.database)["password"]
    assert "--format=custom" in told.read_text()
    assert str(password) not in told.read_text()
    with own_database() as address:
        restored = Installation(tmp_path / "restored", address)
        restored.manage("restore", str(folder))
        after = restored.tables()
        assert without_holders(after) == without_holders(before)
        assert_settled(after, before)
        assert_wall_stands(address)
        assert_a_used_one_is_replaced_only_when_told(restored, folder)
        assert without_holders(restored.tables()) == without_holders(before)
        assert_wall_stands(address)


def assert_a_used_one_is_replaced_only_when_told(restored: Installation, folder: Path) -> None:
    assert "--overwrite" in restored.manage("restore", str(folder), succeeds=False)
    with psycopg.connect(restored.database):
        said = restored.manage("restore", str(folder), "--overwrite", succeeds=False)
        assert "1 other sessions" in said
    restored.manage("restore", str(folder), "--overwrite")


def test_a_backup_says_what_to_install(filled: Installation, tmp_path: Path) -> None:
    filled.environment["PATH"] = str(tmp_path)
    said = filled.manage("backup", str(tmp_path / "backup"), succeeds=False)
    assert "postgresql-client" in said
    assert list(tmp_path.iterdir()) == []


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
