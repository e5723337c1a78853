"""SQLite: a copy by its own means, and a file put in the place of another."""

import os
import shutil
import sqlite3
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from django.db import connection, connections
from django.utils import timezone

from agentsite.backup.counting import NOTHING_YET, contents
from agentsite.backup.engines import EVERY_SECONDS, Tell
from agentsite.backup.errors import BackupError
from agentsite.backup.manifest import Contents, flush
from agentsite.lock import DataDirectoryLock, DirectoryInUse

_PAGES = 2_000
"""Copied in one go; between two there is time to say something."""
_IN_USE = "stop the server and every command that works on it first."


class SQLite:
    """The database file in the data directory."""

    file = "database.sqlite3"

    def dump(self, target: Path, tell: Tell) -> Contents:
        """Copy the database as it is at this moment, while others go on writing."""
        if not _path().exists():
            raise BackupError(f"There is no database at {_path()}: {NOTHING_YET}")
        try:
            with closing(_opened(_path())) as source, closing(_opened(target, mode="rwc")) as copy:
                _copy(source, copy, tell)
                return _checked(copy)
        except sqlite3.Error as error:
            raise BackupError(f"{_path()} cannot be copied: {error}.") from None

    def take(self, held: ExitStack) -> None:
        """Have the data directory, as a server would."""
        try:
            held.enter_context(DataDirectoryLock())
        except DirectoryInUse as error:
            raise BackupError(f"A server or a build uses {error}: {_IN_USE}") from None

    def check_target(self, wanted: Contents) -> None:
        """Find nothing wrong: the file is replaced as a whole."""

    def load(self, source: Path, tell: Tell) -> str:
        """Put a copy of the file in the database's place; the former is kept beside it."""
        connections.close_all()
        path = _path()
        fresh, former = path.with_name(f"{path.name}.restoring"), _name_for_former(path)
        _copy_to_disk(source, fresh)
        tell("The database is replaced.")
        try:
            _set_aside(path, former)
        except sqlite3.Error as error:
            fresh.unlink()
            raise BackupError(f"{path} is in use ({error}): {_IN_USE}") from None
        fresh.replace(path)
        flush(path.parent)
        return str(former) if former.exists() else ""


def _path() -> Path:
    return Path(connection.settings_dict["NAME"])


def _opened(path: Path, *, mode: str = "rw") -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode={mode}", uri=True, isolation_level=None, timeout=20)


def _copy(source: sqlite3.Connection, copy: sqlite3.Connection, tell: Tell) -> None:
    # A transaction that has read something sees this moment until it ends: without it, each write of somebody else
    # would make the copy begin anew.
    source.execute("BEGIN")
    source.execute("SELECT count(*) FROM sqlite_master").fetchone()
    source.backup(copy, pages=_PAGES, progress=_progress(tell))
    source.execute("ROLLBACK")


def _progress(tell: Tell) -> Callable[[int, int, int], None]:
    said = time.monotonic()

    def progress(_status: int, remaining: int, total: int) -> None:
        nonlocal said
        if time.monotonic() - said >= EVERY_SECONDS:
            said = time.monotonic()
            tell(f"{100 * (total - remaining) // max(total, 1)} % of the database")

    return progress


def _checked(copy: sqlite3.Connection) -> Contents:
    """Make the copy one file, see whether it can be read, and count what is in it."""
    copy.execute("PRAGMA journal_mode=DELETE")
    found = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise BackupError(f"The database itself is damaged: {found}.")
    return contents(lambda sql: copy.execute(sql).fetchall(), _tables(copy))


def _tables(copy: sqlite3.Connection) -> list[str]:
    """Return the tables that hold something of their own, which full-text indexes and SQLite's own don't."""
    made = copy.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    tables = dict(made.fetchall())
    indexes = [name for name, sql in tables.items() if sql.startswith("CREATE VIRTUAL")]
    return [name for name in tables if not any(name == index or name.startswith(f"{index}_") for index in indexes)]


def _name_for_former(path: Path) -> Path:
    return path.with_name(f"{path.name}.before-restore-{timezone.now():%Y%m%d-%H%M%S-%f}")


def _copy_to_disk(source: Path, fresh: Path) -> None:
    try:
        fresh.unlink(missing_ok=True)
        fresh.touch(mode=0o600)
        shutil.copyfile(source, fresh)
        flush(fresh)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise BackupError(f"{fresh} cannot be written: {error.strerror}.") from None


def _set_aside(path: Path, former: Path) -> None:
    """Give a former database that holds tables a second name under which it stays; a damaged one with its log.

    :raises sqlite3.OperationalError: somebody has it open.
    """
    if not path.exists():
        return
    try:
        if not _make_one_file(path):
            return
    except sqlite3.OperationalError:
        raise
    except sqlite3.DatabaseError:  # damaged: the reason, perhaps, why it is replaced
        for suffix in ("-wal", "-shm"):
            if (beside := path.with_name(path.name + suffix)).exists():
                beside.rename(former.with_name(former.name + suffix))
    os.link(path, former)


def _make_one_file(path: Path) -> bool:
    """Leave the write-ahead log, which only who is alone with the database can do; say whether there are tables."""
    with closing(_opened(path)) as former:
        former.execute("PRAGMA busy_timeout = 2000")
        mode = former.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        has_tables = former.execute("SELECT 1 FROM sqlite_master").fetchone() is not None
    if mode != "delete":
        raise sqlite3.OperationalError(f"journal mode stays {mode}")
    return has_tables
