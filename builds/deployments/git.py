"""Running git: alone with what it is given, bounded in time, in what it writes and in what it tells."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import IO

from builds.agent.errors import AgentError, Cancelled

SECONDS = 60.0
MAX_FILE_BYTES = 64 << 20
"""Of anything that git writes: a pack as well as what it tells."""
MAX_TOLD_BYTES = 16 << 20
MAX_ERROR_BYTES = 8 << 10
_LOOK_SECONDS = 0.02
_PATH = "/usr/local/bin:/usr/bin:/bin"
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsync=committed",
    "core.symlinks=false",
    "core.autocrlf=false",
    "core.attributesFile=/dev/null",
    "core.protectNTFS=true",
    "gc.auto=0",
    "maintenance.auto=false",
    "credential.helper=",
    "advice.detachedHead=false",
    "submodule.recurse=false",
    "protocol.allow=never",
)
LOCAL = ("protocol.file.allow=always",)


class GitError(Exception):  # it names the fact
    """Git ended with an error; ``told`` is what it said about it."""

    def __init__(self, code: int, told: str) -> None:
        super().__init__(told[:300])
        self.code = code
        self.told = told


def run(
    *arguments: str,
    settings: Sequence[str] = LOCAL,
    environment: Mapping[str, str] | None = None,
    given: bytes = b"",
    seconds: float = SECONDS,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> bytes:
    """Run git and return what it wrote.

    :raises GitError: it ended with an error.
    :raises TimeoutError: it took too long; it is dead.
    :raises Cancelled: somebody wants it to stop; it is dead.
    :raises AgentError: ``deployment.git_missing``.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as source:
        source.write(given)
        source.seek(0)
        process = subprocess.Popen(  # its arguments are ours, and it sees nothing of our surroundings
            command(*arguments, settings=settings),
            env=surroundings() | dict(environment or {}),
            stdin=source,
            stdout=out,
            stderr=err,
            start_new_session=True,
            cwd="/",
        )
        try:
            _wait(process, time.monotonic() + seconds, is_cancelled)
        finally:
            _kill(process)
        if process.returncode:
            raise GitError(process.returncode, _told(err))
        return _read(out, MAX_TOLD_BYTES)


def command(*arguments: str, settings: Sequence[str] = LOCAL) -> list[str]:
    """Return a command line of git that ends with whoever waits for it."""
    flags = [word for setting in (*_SETTINGS, *settings) for word in ("-c", setting)]
    return [*_bounds(), program(), *flags, *arguments]


def program() -> str:
    """Return where git is.

    :raises AgentError: ``deployment.git_missing``.
    """
    found = shutil.which("git", path=_PATH)
    if found is None:
        raise AgentError("deployment.git_missing")
    return found


@cache
def version() -> tuple[int, ...]:
    """Return which git it is."""
    told = run("version").decode()
    return tuple(int(part) for part in re.findall(r"[0-9]+", told)[:2])


def surroundings() -> dict[str, str]:
    """Return all that git sees of the environment: nobody's settings, no prompt, no locale."""
    return {
        "PATH": _PATH,
        "HOME": "/nonexistent",
        "LC_ALL": "C",
        "TZ": "UTC",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_SYSTEM": os.devnull,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_OPTIONAL_LOCKS": "0",
    }


def remove_locks(repository: Path) -> int:
    """Remove what killed gits have left locked; return how many there were.

    Only for who alone writes in the repository.
    """
    left = [path for path in repository.rglob("*.lock") if path.is_file()]
    for path in left:
        path.unlink(missing_ok=True)
    return len(left)


def _bounds() -> list[str]:
    """Let git die with the thread that waits for it, and write no larger file."""
    setpriv, prlimit = (shutil.which(name, path=_PATH) for name in ("setpriv", "prlimit"))
    dying = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    return [*dying, *([prlimit, f"--fsize={MAX_FILE_BYTES}", "--core=0"] if prlimit else [])]


def _wait(process: subprocess.Popen[bytes], until: float, is_cancelled: Callable[[], bool]) -> None:
    while True:
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_LOOK_SECONDS)
            return
        if is_cancelled():
            raise Cancelled
        if time.monotonic() > until:
            raise TimeoutError


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill it and whatever it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _told(err: IO[bytes]) -> str:
    size = err.seek(0, os.SEEK_END)
    err.seek(max(0, size - MAX_ERROR_BYTES))
    return err.read().decode("utf-8", "replace").strip()


def _read(out: IO[bytes], most: int) -> bytes:
    out.seek(0)
    content = out.read(most + 1)
    if len(content) > most:
        raise GitError(0, "it told too much")
    return content
