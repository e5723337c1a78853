"""A bare repository on this server: commits whose names follow from what is in them, and a branch that is moved."""

import re
import shutil
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings

from builds.agent.errors import AgentError
from builds.deployments import git
from builds.deployments.git import GitError

BY = "Agentsite <agentsite@localhost>"
MAX_SHOWN_FILES = 200
MAX_SHOWN_BYTES = 8 << 20
_NAME = re.compile(r"(?!.*(?:\.\.|//|\.lock(?:/|$)|\./|/\.|\.$|/$))[A-Za-z0-9][A-Za-z0-9._/-]{0,99}")


def is_branch(name: str) -> bool:
    """Say whether a branch may be called so."""
    return bool(_NAME.fullmatch(name))


def root() -> Path:
    """Return where repositories and checkouts are."""
    return Path(settings.DATA_DIR) / "repositories"


def folder_of(target_id: UUID) -> Path:
    """Return where the repository of a target is."""
    return root() / f"{target_id}.git"


def left_alone(seconds: float) -> set[UUID]:
    """Return the targets that have a repository here into which nothing was written for so long."""
    found = set()
    for path in root().glob("*.git"):
        with suppress(ValueError, OSError):  # no repository of ours, or gone meanwhile
            if path.stat().st_mtime < time.time() - seconds:
                found.add(UUID(path.stem))
    return found


def remove(target_id: UUID) -> None:
    """Remove the repository of a target; there need not be one."""
    shutil.rmtree(folder_of(target_id), ignore_errors=True)


@dataclass(frozen=True)
class Commit:
    """What a commit says beside its tree; the same words, time and parent make the same commit."""

    message: str
    seconds: int
    """Since 1970: of its author and its committer."""
    parent: str = ""
    """Empty for the first one of a branch."""


class Repository:
    """The repository of a target; written by one deployment at a time, cloned by anybody meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def prepare(self, branch: str) -> None:
        """Make it if it is not there, and remove the locks of killed gits. Only for who alone writes in it."""
        self.folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.run("init", "--quiet", "--bare")
        git.remove_locks(self.folder)
        self.run("symbolic-ref", "HEAD", f"refs/heads/{branch}")

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Run git in it.

        :raises AgentError: ``deployment.git_failed``.
        """
        try:
            return git.run("--git-dir", str(self.folder), *arguments, given=given)
        except GitError as error:
            raise AgentError("deployment.git_failed", reason=error.told[-300:]) from error
        except TimeoutError:
            raise AgentError("deployment.git_failed", reason="it took too long") from None

    def sha_of(self, name: str) -> str:
        """Return the commit that a name leads to; empty when there is none."""
        if not self.folder.is_dir():
            return ""
        try:
            found = git.run("--git-dir", str(self.folder), "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        except (GitError, TimeoutError):
            return ""
        return found.decode().strip()

    def head(self, branch: str) -> str:
        """Return the commit at the end of a branch; empty when there is no such branch."""
        return self.sha_of(f"refs/heads/{branch}")

    def commit(self, ref: str, files: Mapping[str, bytes], about: Commit) -> str:
        """Store files as a commit under a name, and return it; doing it again gives the same one."""
        self.run("fast-import", "--quiet", "--force", "--done", given=_script(ref, files, about))
        return self.sha_of(ref)

    def commit_again(self, ref: str, earlier: str, about: Commit) -> str:
        """Store the tree of an earlier commit as a new one under a name, and return it; doing it again does no more.

        :raises AgentError: ``deployment.commit_gone``.
        """
        tree = self.tree_of(earlier)
        if not tree:
            raise AgentError("deployment.commit_gone", sha=earlier)
        name, _, mail = BY.partition(" <")
        who = {"NAME": name, "EMAIL": mail.rstrip(">"), "DATE": f"{about.seconds} +0000"}
        by = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()}
        parent = ["-p", about.parent] if about.parent else []
        try:
            made = git.run(
                *("--git-dir", str(self.folder), "commit-tree", tree, *parent, "-F", "-"),
                environment=by,
                given=about.message.encode(),
            )
        except (GitError, TimeoutError) as error:
            raise AgentError("deployment.git_failed", reason=str(error)[-300:]) from error
        self.run("update-ref", ref, made.decode().strip())
        return made.decode().strip()

    def tree_of(self, sha: str) -> str:
        """Return the tree of a commit; empty when there is no such commit."""
        if not self.sha_of(sha):
            return ""
        return self.run("rev-parse", "--verify", f"{sha}^{{tree}}").decode().strip()

    def move(self, branch: str, *, to: str, was: str) -> None:
        """Move a branch if it is where it is thought to be; one that has been moved stays. Empty stands for no branch.

        :raises AgentError: ``deployment.branch_moved``.
        """
        ref, nowhere = f"refs/heads/{branch}", "0" * 40
        if self.head(branch) == to:
            return
        try:
            if to:
                self.run("update-ref", "--no-deref", ref, to, was or nowhere)
            else:
                self.run("update-ref", "--no-deref", "-d", ref, was or nowhere)
        except AgentError as error:
            if self.head(branch) not in {was, to}:
                raise AgentError("deployment.branch_moved", branch=branch, sha=self.head(branch)[:10]) from error
            raise

    def files(self, sha: str) -> dict[str, str]:
        """Return the files of a commit for people to read, in order; empty when there is no such commit."""
        if not self.sha_of(sha):
            return {}
        listed = self.run("ls-tree", "-r", "-z", "--long", sha).split(b"\0")
        rows = [row.partition(b"\t") for row in listed if row][:MAX_SHOWN_FILES]
        shown: dict[str, str] = {}
        room = MAX_SHOWN_BYTES
        for about, _, path in rows:
            _mode, kind, blob, size = about.split()
            if kind != b"blob" or int(size) > room:
                continue
            room -= int(size)
            content = self.run("cat-file", "blob", blob.decode())
            shown[path.decode("utf-8", "replace")] = content.decode("utf-8", "replace")
        return shown


def _script(ref: str, files: Mapping[str, bytes], about: Commit) -> bytes:
    """Write what ``git fast-import`` reads."""
    message = about.message.encode()
    lines = [b"commit " + ref.encode()]
    lines += [f"{role} {BY} {about.seconds} +0000".encode() for role in ("author", "committer")]
    lines += [b"data %d" % len(message), message]
    if about.parent:
        lines.append(b"from " + about.parent.encode())
    lines.append(b"deleteall")
    for path in sorted(files):
        lines += [b"M 100644 inline " + path.encode(), b"data %d" % len(files[path]), files[path]]
    return b"\n".join([*lines, b"done", b""])
