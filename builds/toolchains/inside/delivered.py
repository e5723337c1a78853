"""Compares the working folder with what was delivered, and makes it that again."""

import os
import pathlib
import shutil

SOURCE, WORK = pathlib.Path("/src"), pathlib.Path("/work")
SHARED = (pathlib.Path("/tmp"), pathlib.Path("/dev/shm"))


def changed(*endings: str) -> str:
    """Name a delivered file with one of the endings that is not what it was; empty when there is none."""
    for path in sorted(path for path in SOURCE.rglob("*") if path.name.endswith(endings)):
        copy = WORK / path.relative_to(SOURCE)
        if copy.is_symlink() or not copy.is_file() or copy.read_bytes() != path.read_bytes():
            return str(path.relative_to(SOURCE))
    return ""


def added(pattern: str) -> str:
    """Name a file that was not delivered; empty when there is none."""
    found = (path.relative_to(WORK) for path in WORK.rglob(pattern))
    return str(next((path for path in found if not (SOURCE / path).exists()), ""))


def outside() -> set[pathlib.Path]:
    """Return what lies in the folders beside the project's own in which anybody may write."""
    return {path for folder in SHARED for path in folder.iterdir()}


def restore(kept: set[pathlib.Path]) -> None:
    """Make the working folder what it was when the tests began, so that no session leaves word for the next.

    :param kept: what may stay outside.
    """
    for path in outside() - kept:
        shutil.rmtree(path, ignore_errors=True) if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in sorted(WORK.rglob("*"), reverse=True):
        if not (SOURCE / path.relative_to(WORK)).exists():
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()
    for path in sorted(SOURCE.rglob("*")):
        copy = WORK / path.relative_to(SOURCE)
        if path.is_dir():
            copy.mkdir(exist_ok=True)
        elif not copy.is_file() or copy.read_bytes() != path.read_bytes():
            copy.write_bytes(path.read_bytes())
    os.chdir(WORK)
