"""Embedded Chroma belongs to one process; everybody else is told that it is away, and nothing breaks."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from memory.chroma import ChromaIndex
from memory.index import IndexAway, Where
from memory.process_lock import ProcessLock

HERE = Where(("user:1",), ("code",))
QUERY = np.full(4, 0.5, np.float32)
SECOND = """
import sys
from pathlib import Path
from memory.chroma import ChromaIndex
from memory.index import IndexAway
try:
    print(ChromaIndex("test", directory=Path(sys.argv[1])).count("code"))
except IndexAway as away:
    print(away.code)
"""
TAKE = """
import sys
from pathlib import Path
from memory.process_lock import ProcessLock
sys.exit(not ProcessLock(Path(sys.argv[1])).acquire())
"""


def in_another_process(directory: Path) -> str:
    command = [sys.executable, "-c", SECOND, str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_a_second_process_is_refused_while_the_first_lives_and_served_afterwards(tmp_path: Path) -> None:
    first = ChromaIndex("test", directory=tmp_path)
    assert first.query(QUERY, HERE, 5) == []
    assert in_another_process(tmp_path) == "memory.index.locked"
    first.close()
    assert in_another_process(tmp_path) == "0"


def test_a_forked_child_does_not_touch_what_its_parent_opened(tmp_path: Path) -> None:
    lock = ProcessLock(tmp_path / "lock")
    assert lock.acquire()
    child = os.fork()
    if child == 0:
        os._exit(int(lock.is_held or lock.acquire()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert lock.is_held


def test_a_lock_outlives_no_process(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", TAKE, str(tmp_path / "lock")], check=True)
    lock = ProcessLock(tmp_path / "lock")
    assert lock.acquire()
    lock.release()


def test_a_server_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(IndexAway, match=r"memory\.index\.unreachable"):
        ChromaIndex("test", directory=tmp_path, url="http://127.0.0.1:9").query(QUERY, HERE, 5)


def test_a_directory_that_holds_something_else_is_away(tmp_path: Path) -> None:
    (tmp_path / "chroma.sqlite3").write_text("not a database " * 100)
    index = ChromaIndex("test", directory=tmp_path)
    with pytest.raises(IndexAway, match=r"memory\.index\.failed"):
        index.count("code")
    index.close()
