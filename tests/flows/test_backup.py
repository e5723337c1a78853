"""Backup and restore: everything comes back, or nothing is touched."""

import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from builds.deployments import git
from tests.flows.installations import Installation, assert_settled, without_holders
from tests.flows.servers import WANTED, running_server, wait_until_final
from tests.flows.worlds import wait_until

PAIR = ("left_hand", "right_hand")


@contextmanager
def writing_without_pause(path: Path) -> Iterator[list[int]]:
    """Write a row into each of two tables, again and again, in a database too large to be copied at one go."""
    written, stop, began = [0], threading.Event(), threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=20)) as connection:
            for name in PAIR:
                connection.execute(f"CREATE TABLE {name} (content blob)")
            connection.execute("CREATE TABLE ballast AS SELECT randomblob(60000000) AS content")
            while not stop.is_set():
                connection.execute("BEGIN IMMEDIATE")
                for name in PAIR:
                    connection.execute(f"INSERT INTO {name} VALUES (randomblob(2000))")  # noqa: S608
                connection.execute("COMMIT")
                written[0] += 1
                began.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert began.wait(60)
        yield written
    finally:
        stop.set()
        thread.join()


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(tmp_path_factory.mktemp("filled"))
    installation.fill()
    return installation


@pytest.fixture(scope="module")
def folder(filled: Installation, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups") / "one"
    filled.manage("backup", str(folder), "--with-secrets")
    return folder


def test_a_restore_brings_every_row_back(filled: Installation, folder: Path, tmp_path: Path) -> None:
    before, restored = filled.tables(), Installation(tmp_path)
    said = restored.manage("restore", str(folder))
    after = restored.tables()
    written = [row for row in before["audit_auditlog"] if row["action"] == "backup.written"]
    before["audit_auditlog"].remove(written[0])
    assert without_holders(after) == without_holders(before)
    assert_settled(after, before)
    assert f"builds_build: {len(before['builds_build'])} of {len(before['builds_build'])}" in said
    assert "0 passages indexed, 0 deletions" in restored.manage("reindex_memory")
    assert (tmp_path / "secret-key").read_text() == (filled.data_dir / "secret-key").read_text()
    assert list(tmp_path.glob("secret-key.before-restore-*"))
    assert "Repositories of deployments: 1." in said
    assert history(tmp_path) == history(filled.data_dir)


def history(data_dir: Path) -> list[str]:
    """Tell what somebody gets who clones."""
    (repository,) = (data_dir / "repositories").glob("*.git")
    questions = (["symbolic-ref", "HEAD"], ["log", "--format=%H %s"], ["ls-tree", "HEAD"])
    told = [git.run("--git-dir", str(repository), *asked).decode() for asked in questions]
    assert all(told)
    return [repository.name, *told]


def test_a_backup_counts_what_it_holds(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["engine"] == "sqlite"
    assert manifest["contents"]["rows"]["builds_build"] == 4
    assert "0001_initial" in manifest["contents"]["migrations"]["builds"]
    assert {name for name in manifest["files"] if not name.endswith(".bundle")} == {
        "database.sqlite3",
        "settings.env",
        "secrets/settings.env",
        "secrets/audit-signing-key",
        "secrets/secret-key",
    }


def test_a_restore_keeps_the_former_database_beside_the_new_one(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "agentsite.sqlite3")) as former:
        former.execute("PRAGMA journal_mode=WAL")
        former.execute("CREATE TABLE mine (name text)")
    said = Installation(tmp_path).manage("restore", str(folder))
    kept = next(tmp_path.glob("agentsite.sqlite3.before-restore-*"))
    assert str(kept) in said
    with closing(sqlite3.connect(kept)) as former:
        assert former.execute("SELECT count(*) FROM mine").fetchone() == (0,)


@pytest.mark.thorough
def test_a_copy_is_of_one_moment_though_somebody_writes_without_pause(filled: Installation, tmp_path: Path) -> None:
    busy = Installation(tmp_path / "busy")
    shutil.copytree(filled.data_dir, busy.data_dir)
    with writing_without_pause(busy.data_dir / "agentsite.sqlite3") as written:
        busy.manage("backup", str(tmp_path / "backup"))
    with closing(sqlite3.connect(tmp_path / "backup" / "database.sqlite3")) as copy:
        left, right = (copy.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in PAIR)  # noqa: S608
    assert 0 < left == right < written[0]


@pytest.mark.thorough
def test_a_restore_replaces_a_database_that_cannot_be_read(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "agentsite.sqlite3").write_bytes(b"no database at all " * 1000)
    assert "can't be read" in Installation(tmp_path).manage("restore", str(folder), succeeds=False)
    Installation(tmp_path).manage("restore", str(folder), "--overwrite")
    assert len(Installation(tmp_path).tables()["builds_build"]) == 4


@pytest.mark.thorough
def test_a_restore_waits_for_nobody_who_works_on_the_former_database(folder: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "agentsite.sqlite3")) as working:
        working.execute("PRAGMA journal_mode=WAL")
        working.execute("CREATE TABLE mine (name text)")
        said = Installation(tmp_path).manage("restore", str(folder), succeeds=False)
        assert "in use" in said
        assert working.execute("SELECT count(*) FROM mine").fetchone() == (0,)
    assert [path.name for path in tmp_path.glob("*restor*")] == []


@pytest.mark.thorough
@pytest.mark.sandbox
def test_a_backup_taken_while_builds_run_restores_to_builds_that_end_verified(tmp_path: Path) -> None:
    first, second, folder = tmp_path / "first", tmp_path / "second", tmp_path / "backup"
    first.mkdir()
    second.mkdir()
    with running_server(first) as server, server.logged_in() as client:
        ids = [client.post("/api/v1/builds/", json=WANTED | {"project_name": name}).json()["id"] for name in "abc"]
        wait_until(lambda: client.get(f"/api/v1/builds/{ids[0]}/events/").json()["last_seq"] > 5)
        Installation(first).manage("backup", str(folder))
        server.kill()
    said = Installation(second).manage("restore", str(folder))
    assert "3 of 3" in next(line for line in said.splitlines() if "builds_build:" in line)
    with running_server(second) as server, server.logged_in() as client:
        for build_id in ids:
            assert wait_until_final(client, build_id)["verification"] == "verified"
            events = client.get(f"/api/v1/builds/{build_id}/events/").json()["events"]
            assert [event["seq"] for event in events] == list(range(1, len(events) + 1))
