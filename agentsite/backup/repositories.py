"""The repositories that deployments write: each as one file that git itself makes and reads."""

from collections.abc import Collection, Iterator
from pathlib import Path

from agentsite.backup.errors import BackupError
from builds.agent.errors import AgentError
from builds.deployments import git
from builds.deployments.repository import Repository, root

FOLDER = "repositories"
_SUFFIX = ".bundle"


def write_repositories(folder: Path) -> int:
    """Write each repository with all its branches; return how many. One that changes meanwhile is written as it was.

    :raises BackupError: git is missing, or can't read one.
    """
    found = list(_repositories())
    if found:
        (folder / FOLDER).mkdir(mode=0o700)
    for each in found:
        target = folder / FOLDER / f"{each.stem}{_SUFFIX}"
        target.touch(mode=0o600)
        _run("--git-dir", str(each), "bundle", "create", "--quiet", str(target), "--all")
    return len(found)


def bring_back_repositories(folder: Path, files: Collection[str]) -> int:
    """Put a backup's repositories into the data directory; return how many. Branches are where they were then.

    :param files: what the manifest speaks for; no other file is taken.
    :raises BackupError: git is missing, or can't read one.
    """
    bundles = [path for path in sorted((folder / FOLDER).glob(f"*{_SUFFIX}")) if f"{FOLDER}/{path.name}" in files]
    for bundle in bundles:
        repository = root() / f"{bundle.stem}.git"
        heads = _run("bundle", "list-heads", str(bundle)).decode("utf-8", "replace").split()
        branch = next((name.removeprefix("refs/heads/") for name in heads if name.startswith("refs/heads/")), "main")
        Repository(repository).prepare(branch)
        _run("--git-dir", str(repository), "fetch", "--quiet", "--force", "--prune", str(bundle), "+refs/*:refs/*")
    return len(bundles)


def _repositories() -> Iterator[Path]:
    """Go through those in which something was committed."""
    for each in sorted(root().glob("*.git")):
        if _run("--git-dir", str(each), "for-each-ref", "--count=1"):
            yield each


def _run(*arguments: str) -> bytes:
    try:
        return git.run(*arguments)
    except AgentError:
        raise BackupError("Git is missing, which reads repositories: install it (Debian: git).") from None
    except (git.GitError, TimeoutError) as error:
        raise BackupError(f"A repository of deployments can't be copied: {str(error)[:300]}") from None
