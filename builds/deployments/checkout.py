"""A fresh checkout: fetched as anybody would fetch it, and read back from its files."""

import os
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from builds import evidence
from builds.agent.errors import AgentError
from builds.agent.tree import MAX_FILE_BYTES, MAX_FILES, MAX_TREE_BYTES, check_tree
from builds.archive import MAX_EVIDENCE_BYTES
from builds.deployments import git
from builds.deployments.repository import root

Fetch = Callable[[Sequence[str]], object]
"""Runs a fetch into a repository; what comes after the options of git itself is given."""


@dataclass(frozen=True)
class Checkout:
    """What somebody gets who clones."""

    sha: str
    tree: dict[str, str]
    """Without the evidence."""
    proved: evidence.Document | None


def fresh(name: str, fetch: Fetch) -> Checkout:
    """Fetch a commit into an empty folder, check it out, and read it.

    :param name: of the folder; one that a killed worker has left there is removed.
    :raises AgentError: ``deployment.checkout_unreadable``.
    """
    with _empty(name) as folder:
        where = ("--git-dir", str(folder / ".git"))
        git.run("init", "--quiet", str(folder))
        fetch(where)
        sha = git.run(*where, "rev-parse", "--verify", "FETCH_HEAD^{commit}").decode().strip()
        git.run(*where, "--work-tree", str(folder), "checkout", "--quiet", "--force", "--detach", sha)
        return _read(sha, folder)


@contextmanager
def _empty(name: str) -> Iterator[Path]:
    above = root() / "checkouts"
    above.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in above.glob(f"{name}.*"):
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=f"{name}.", dir=above, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _read(sha: str, folder: Path) -> Checkout:
    found = dict(_files(folder))
    proved = found.pop(evidence.FILE, None)
    if len(found) > MAX_FILES or sum(map(len, found.values())) > MAX_TREE_BYTES:
        raise AgentError("deployment.checkout_unreadable", reason="too large")
    try:
        tree = check_tree({path: content.decode() for path, content in found.items()})
        document = evidence.read(proved) if proved is not None else None
    except UnicodeDecodeError:
        raise AgentError("deployment.checkout_unreadable", reason="a file is no text") from None
    except evidence.UnreadableEvidenceError as error:
        raise AgentError("deployment.checkout_unreadable", reason=str(error)[:300]) from None
    except AgentError as error:
        raise AgentError("deployment.checkout_unreadable", reason=error.code) from error
    return Checkout(sha, tree, document)


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Go through plain files, bounded in number and size; anything else is refused."""
    count = 0
    for above, folders, names in os.walk(folder):
        if Path(above) == folder:
            folders.remove(".git")
        for name in [*names, *(each for each in folders if Path(above, each).is_symlink())]:
            path, count = Path(above, name), count + 1
            inside = path.relative_to(folder).as_posix()
            most = MAX_EVIDENCE_BYTES if inside == evidence.FILE else MAX_FILE_BYTES
            about = path.lstat()
            if not stat.S_ISREG(about.st_mode) or about.st_size > most or count > MAX_FILES + 1:
                raise AgentError("deployment.checkout_unreadable", reason=ascii(inside)[:200])
            yield inside, path.read_bytes()
