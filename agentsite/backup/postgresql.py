"""PostgreSQL: its own programs, which get the password through their environment and see one moment."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection

from agentsite.backup.counting import contents, tables_here
from agentsite.backup.engines import EVERY_SECONDS, Tell, megabytes, size_of
from agentsite.backup.errors import BackupError
from agentsite.backup.manifest import Contents
from agentsite.lock import DataDirectoryLock, DirectoryInUse

_DUMP = ("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password")
_RESTORE = (
    *("pg_restore", "--clean", "--if-exists", "--no-owner", "--no-privileges", "--no-password"),
    *("--single-transaction", "--exit-on-error"),
)
_PLACES = {"HOST": "PGHOST", "PORT": "PGPORT", "USER": "PGUSER", "NAME": "PGDATABASE", "PASSWORD": "PGPASSWORD"}
_OPTIONS = {name: f"PG{name.upper()}" for name in ("sslmode", "sslrootcert", "sslcert", "sslkey", "service")}
_OTHERS = (
    "SELECT count(*) FROM pg_stat_activity"
    " WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()"
)
_LOOKS, _LOOK_SECONDS = 10, 0.2
_IN_USE = "stop web, workers, beat and bot, and close other sessions first."


class PostgreSQL:
    """The database at DATABASE_URL."""

    file = "database.dump"

    def dump(self, target: Path, tell: Tell) -> Contents:
        """Dump and count the same moment."""
        program = _found(_DUMP[0])
        # A session of its own: in Django's a statement may be sent behind another, and a snapshot has to come first.
        with _session() as alone, alone.transaction():
            alone.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            alone.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
            found = contents(lambda sql: alone.execute(sql).fetchall(), tables_here())
            snapshot = alone.execute("SELECT pg_export_snapshot()").fetchall()[0][0]
            target.touch(mode=0o600)
            _run((program, *_DUMP[1:], f"--snapshot={snapshot}", f"--file={target}"), target, tell)
        return found

    def take(self, held: ExitStack) -> None:
        """Have the data directory, and find nobody else in the database."""
        try:
            held.enter_context(DataDirectoryLock())
        except DirectoryInUse as error:
            raise BackupError(f"A server uses {error}: {_IN_USE}") from None
        if others := _others():
            raise BackupError(f"{others} other sessions use the database: {_IN_USE}")

    def check_target(self, wanted: Contents) -> None:
        """See to it that the program is there, and that nothing would be left of a newer schema."""
        _found(_RESTORE[0])
        left = sorted(tables_here() - set(wanted.rows))
        if left and wanted.rows:
            raise BackupError(
                f"The database has tables that the backup does not know ({', '.join(left[:5])}): "
                "restore into an empty database."
            )

    def load(self, source: Path, tell: Tell) -> str:
        """Put everything back in one transaction; nothing of the former contents is kept."""
        program = _found(_RESTORE[0])
        _let_go()
        tell("pg_restore puts everything back.")
        database = f"--dbname={connection.settings_dict['NAME']}"
        _run((program, *_RESTORE[1:], database, str(source)), None, tell)
        return ""


def _others() -> int:
    """Return how many other sessions the database has; those of this process are closed for it, and end a bit later."""
    _let_go()
    with _session() as alone:
        for _ in range(_LOOKS):
            if not (others := int(alone.execute(_OTHERS).fetchall()[0][0])):
                break
            time.sleep(_LOOK_SECONDS)
    return others


@contextmanager
def _session() -> Iterator["psycopg.Connection[tuple[Any, ...]]"]:
    try:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as alone:
            yield alone
    except psycopg.Error as error:
        raise BackupError(f"The database cannot be asked: {str(error).strip()}") from None


def _let_go() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]  # what PostgreSQL's own has


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise BackupError(
            f"{program} is not on the PATH: install PostgreSQL's client programs (Debian: postgresql-client), "
            "of the server's version or newer."
        )
    return path


def _run(command: Sequence[str], grows: Path | None, tell: Tell) -> None:
    """Run one of PostgreSQL's programs and say how far it is.

    :raises BackupError: it failed, with the end of what it said.
    """
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(command, env=_surroundings(), stdin=subprocess.DEVNULL, stderr=said)
        try:
            while _is_running(process):
                tell(megabytes(size_of(grows)) if grows else "still at it")
        finally:
            process.kill()
            process.wait()
        said.seek(0)
        words = said.read().decode("utf-8", errors="replace").strip()
    if process.returncode:
        raise BackupError(f"{Path(command[0]).name} failed, and nothing was changed: {words[-1500:]}")


def _is_running(process: "subprocess.Popen[bytes]") -> bool:
    try:
        process.wait(timeout=EVERY_SECONDS)
    except subprocess.TimeoutExpired:
        return True
    return False


def _surroundings() -> dict[str, str]:
    """Return the environment for PostgreSQL's programs: where the database is, and nothing else that is secret."""
    given: dict[str, Any] = connection.settings_dict
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    places = {variable: str(given[name]) for name, variable in _PLACES.items() if given.get(name)}
    options = {_OPTIONS[name]: str(value) for name, value in given.get("OPTIONS", {}).items() if name in _OPTIONS}
    return kept | places | options
