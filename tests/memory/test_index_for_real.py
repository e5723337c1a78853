"""A real installation's index: killed while it follows, deleted, its server stopped; the rows bring everything back."""

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.flows.servers import ROOT, copy_prepared, free_port
from tests.memory.test_index_contract import wait_for_chroma

ASK = """
import json, sys, django; django.setup()
from agentsite.accounts.models import User
from memory import retrieval
from memory.scope import Scope
user = User.objects.get(username="admin")
hits = [hit for query in sys.argv[1:] for hit in retrieval.search(Scope(user.id), query, limit=5)]
print(json.dumps([[str(hit.id), hit.parts["dense"] + hit.parts["lexical"], hit.is_lexical_only] for hit in hits]))
"""
QUERIES = ("roman numerals", "add up the columns of a csv", "limit how often callers may act")


class Installation:
    """A data directory, and commands that work on it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self.environment = os.environ | {
            "AGENTSITE_DATA_DIR": str(folder),
            "DJANGO_SETTINGS_MODULE": "agentsite.settings",
        }
        self.environment |= {"DATABASE_URL": "", "REDIS_URL": "", "CHROMA_URL": ""} | settings
        copy_prepared(folder)
        self.run("manage.py", "prepare")

    def run(self, *command: str) -> str:
        """Run a command to its end; return what it printed."""
        done = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr[-2000:]
        return done.stdout

    def begun(self, *command: str) -> "subprocess.Popen[str]":
        """Begin a command in a process group of its own."""
        return subprocess.Popen(
            [sys.executable, "-u", *command],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def hits(self) -> Any:
        """Return what searches find: identifier, relevance (it does not age), and whether words alone decided."""
        return json.loads(self.run("-c", ASK, *QUERIES).splitlines()[-1])

    def rows(self, condition: str = "1") -> int:
        """Count passages."""
        with closing(sqlite3.connect(self.folder / "agentsite.sqlite3")) as database:
            counted = f"SELECT count(*) FROM memory_vectormemory WHERE {condition}"  # noqa: S608  the tests' own words
            found: int = database.execute(counted).fetchone()[0]
        return found


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("data"))


@pytest.mark.thorough
def test_killed_while_it_makes_the_index_again_it_goes_on_where_it_stopped(installation: Installation) -> None:
    before, total = installation.hits(), installation.rows()
    with installation.begun("manage.py", "reindex_memory", "--from-scratch") as process:
        assert process.stdout is not None
        assert "of" in process.stdout.readline()
        os.killpg(process.pid, signal.SIGKILL)
    done = installation.rows("is_indexed")
    assert 0 < done < total
    assert f"{total - done} passages indexed" in installation.run("manage.py", "reindex_memory")
    assert "0 passages indexed" in installation.run("manage.py", "reindex_memory")
    assert installation.hits() == before


def test_without_its_folder_the_rows_give_the_same_results_after_a_start(installation: Installation) -> None:
    before = installation.hits()
    assert before
    assert not any(is_lexical_only for _, _, is_lexical_only in before)
    shutil.rmtree(installation.folder / "chroma")
    installation.run("manage.py", "prepare")
    assert installation.hits() == before


@contextmanager
def chroma(folder: Path, port: int) -> Iterator[str]:
    program = Path(sys.executable).with_name("chroma")
    command = [str(program), "run", "--path", str(folder), "--host", "127.0.0.1", "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_for_chroma(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
        process.kill()


def test_while_the_server_is_stopped_words_answer_and_afterwards_everything_is_there(tmp_path: Path) -> None:
    port = free_port()
    with chroma(tmp_path / "index", port) as url:
        installation = Installation(tmp_path / "data", CHROMA_URL=url)
        before = installation.hits()
    away = installation.hits()
    assert away
    assert all(is_lexical_only for _, _, is_lexical_only in away)
    with closing(sqlite3.connect(installation.folder / "agentsite.sqlite3")) as database, database:
        database.execute("UPDATE memory_vectormemory SET is_indexed = 0 WHERE title LIKE '%roman%'")
    assert installation.rows("NOT is_indexed") > 0
    with chroma(tmp_path / "index", port):
        installation.run("manage.py", "reindex_memory")
        assert installation.rows("NOT is_indexed") == 0
        assert installation.hits() == before
