"""Where a branch is: what a worker does there, the same for a repository here and for one elsewhere."""

from collections.abc import Sequence
from typing import Protocol

from builds.agent.errors import AgentError
from builds.deployments import git
from builds.deployments.repository import Repository


class Place(Protocol):
    """A branch that is moved only from where it is thought to be."""

    repository: Repository
    """Where commits are made."""

    def prepare(self) -> None:
        """Make ready what is here."""

    def head(self) -> str:
        """Return the commit at the end of the branch, which is here afterwards; empty when there is no branch.

        :raises TransientError: ``deployment.remote_away``.
        :raises AgentError: ``deployment.remote_refused``.
        """

    def move(self, *, to: str, was: str) -> None:
        """Move the branch; one that has been moved stays. Empty stands for no branch.

        :raises TransientError: ``deployment.remote_away``.
        :raises AgentError: ``deployment.branch_moved``, ``deployment.remote_refused``.
        """

    def fetch(self, where: Sequence[str], ref: str) -> None:
        """Fetch something into an empty repository, from where people would clone it."""

    @property
    def name(self) -> str:
        """Say where it is, without anything secret."""


class LocalPlace:
    """A branch of a repository on this server."""

    def __init__(self, repository: Repository, branch: str) -> None:
        self.repository = repository
        self._branch = branch

    def prepare(self) -> None:
        """Make the repository if it is not there."""
        self.repository.prepare(self._branch)

    def head(self) -> str:
        """Return the commit at the end of the branch."""
        return self.repository.head(self._branch)

    def move(self, *, to: str, was: str) -> None:
        """Move the branch."""
        self.repository.move(self._branch, to=to, was=was)

    def fetch(self, where: Sequence[str], ref: str) -> None:
        """Fetch as a clone does."""
        fetch_from(self.repository, where, ref)

    @property
    def name(self) -> str:
        """Say where it is."""
        return "this server"


def fetch_from(repository: Repository, where: Sequence[str], ref: str) -> None:
    """Fetch a commit out of a repository of this server.

    :raises AgentError: ``deployment.git_failed``.
    """
    try:
        git.run(*where, "fetch", "--quiet", "--no-tags", "--depth=1", str(repository.folder), ref)
    except git.GitError as error:
        raise AgentError("deployment.git_failed", reason=error.told[-300:]) from error
    except TimeoutError:
        raise AgentError("deployment.git_failed", reason="it took too long") from None
