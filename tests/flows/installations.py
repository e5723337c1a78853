"""Installations with something of everything in them, for backups: what stands in them, and commands run on them."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from agentsite.backup.settling import DROPPED
from tests.flows.servers import PASSWORD, ROOT, copy_prepared

Tables = dict[str, list[dict[str, Any]]]
FREED = {"builds_run": "lease_expires_at", "telegram_link_lease": "owner expires_at fence"}
"""Columns that say who works on a row now."""
_FILL = """
from django.core.management import call_command
from django.contrib.sessions.backends.db import SessionStore
from agentsite.accounts.models import User
from builds import presence
from builds.deployments.repository import Commit, Repository, folder_of
from builds.deployments.targets import create_target
from telegram_link import leases
from tests import factories

call_command("prepare")
person = User.objects.create_user("person", password="a-long-password")
factories.submitted(person)
factories.completed(person, name="Done")
factories.failed(person, name="Failed")
factories.running(person, name="Held")
repository = Repository(folder_of(create_target(user=person, name="site", branch="release").id))
repository.prepare("release")
repository.commit("refs/heads/release", {"roman.py": b"x = 1"}, Commit("Roman", 1_000_000))
assert leases.take(leases.POLL)
presence.Presence().beat()
session = SessionStore()
session["seen"] = True
session.save()
call_command("reindex_memory")
"""


@dataclass
class Installation:
    """A data directory, and perhaps a database on a server."""

    data_dir: Path
    database: str = ""
    environment: dict[str, str] = field(default_factory=dict)

    def manage(self, *arguments: str, succeeds: bool = True) -> str:
        """Run a command and return what it said."""
        without = {"DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE"}
        given = {name: value for name, value in os.environ.items() if name not in without}
        given |= {"AGENTSITE_DATA_DIR": str(self.data_dir), "AGENTSITE_ADMIN_PASSWORD": PASSWORD}
        given |= {"AGENT_MODEL": "cookbook", "LOG_LEVEL": "ERROR", "DATABASE_URL": self.database} | self.environment
        run = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        said = run.stdout + run.stderr
        assert (run.returncode == 0) is succeeds, said
        assert "Traceback" not in said
        return said

    def fill(self) -> None:
        """Put builds in every state, a session, a lease and indexed passages into it."""
        if not self.database:
            copy_prepared(self.data_dir)
        self.manage("shell", "-v", "0", "-c", _FILL)

    def tables(self) -> Tables:
        """Return every row of every table, in one order."""
        return _of_server(self.database) if self.database else _of_file(self.data_dir / "agentsite.sqlite3")


def _of_file(path: Path) -> Tables:
    with closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        made = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        names = [name for (name,) in made if not name.startswith(("sqlite_", "memory_words"))]
        read = {name: connection.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}  # noqa: S608
        return {name: in_order([dict(row) for row in rows]) for name, rows in read.items()}


def _of_server(url: str) -> Tables:
    with psycopg.connect(url) as connection, connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        names = [row["tablename"] for row in cursor.fetchall()]
        return {
            name: in_order(cursor.execute(SQL("SELECT * FROM {}").format(Identifier(name))).fetchall())
            for name in names
        }


def without_holders(tables: Tables) -> Tables:
    """Return what has to come back: all but who is logged in, who holds what, and that it was restored and prepared."""
    kept: Tables = {}
    for name, rows in tables.items():
        freed = FREED.get(name, "").split()
        kept[name] = [{column: value for column, value in row.items() if column not in freed} for row in rows]
    kept.pop("builds_worker")  # who works says so anew
    of_restoring = {"backup.restored", "server.prepared"}
    kept["audit_auditlog"] = [row for row in kept["audit_auditlog"] if row["action"] not in of_restoring]
    return {name: rows for name, rows in kept.items() if name not in DROPPED}


def assert_settled(tables: Tables, before: Tables) -> None:
    """See that nobody is logged in, and that all who held something are gone."""
    assert before["django_session"]
    assert tables["django_session"] == []
    assert [row["expires_at"] for row in tables["telegram_link_lease"]] == [None]
    assert (len(before["builds_worker"]), tables["builds_worker"]) == (1, [])
    held = [row["lease_expires_at"] for row in before["builds_run"] if row["lease_expires_at"]]
    freed = [row["lease_expires_at"] for row in tables["builds_run"] if row["lease_expires_at"]]
    assert len(held) == len(freed) == 1
    assert freed != held


def in_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort rows by what stands in them."""
    return sorted(rows, key=repr)
