"""The server's own copy of a build's files: content by hash, one numbered attempt for each change of the tree."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from uuid import UUID

from agentsite.accounts import storage as room
from builds import storage
from builds.agent.errors import AgentError
from builds.agent.tree import tree_hash
from builds.agent.values import Tree
from builds.models.build import Build
from builds.models.files import Blob, BuildFile
from builds.runs import fence
from builds.runs.claim import Claim

_LANGUAGES = {
    "py": "python",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "md": "markdown",
}


class BuildWorkspace:
    """One build's attempts, written under its claim."""

    def __init__(self, claim: Claim, build_id: UUID, is_test: Callable[[str], bool]) -> None:
        self._claim = claim
        self._build_id = build_id
        self._is_test = is_test

    def save(self, attempt: int, tree: Tree) -> str:
        """Store a tree under a number, in place of what an interrupted try left there; return its hash.

        :raises StaleFence: the run was taken over; nothing was stored.
        :raises AgentError: ``quota.storage``: the owner has no room left; nothing was stored.
        """
        contents = {path: text.encode() for path, text in tree.items()}
        hashes = {path: sha256(content).hexdigest() for path, content in contents.items()}
        with fence.held(self._claim.run_id, self._claim.fence):
            before = storage.size_of(build_id=self._build_id, attempt=attempt)
            BuildFile.objects.filter(build_id=self._build_id, attempt=attempt).delete()
            _store({hashes[path]: content for path, content in contents.items()})
            BuildFile.objects.bulk_create(
                self._row(attempt, path, hashes[path], len(content)) for path, content in contents.items()
            )
            self._count(sum(map(len, contents.values())) - before)
        return tree_hash(tree)

    def load(self, attempt: int) -> Tree:
        """Return the tree stored under a number."""
        return stored_tree(self._build_id, attempt)

    def _count(self, growth: int) -> None:
        """Last in the transaction: the owner's other builds wait for it from here on."""
        user_id = Build.objects.values_list("user_id", flat=True).get(id=self._build_id)
        if growth <= 0:
            room.give_back(user_id, -growth)
        elif not room.take(user_id, growth):
            raise AgentError("quota.storage")

    def _row(self, attempt: int, path: str, blob_id: str, size: int) -> BuildFile:
        language = _LANGUAGES.get(path.rpartition(".")[2], "")
        return BuildFile(
            build_id=self._build_id,
            attempt=attempt,
            path=path,
            blob_id=blob_id,
            size=size,
            language=language,
            is_test=self._is_test(path),
        )


def copy_attempts(source_id: UUID, target_id: UUID, numbers: Mapping[int, int]) -> None:
    """Let a new build, which nobody has claimed, have attempts of another one, which is locked against deletion.

    :param numbers: each attempt's number there, and here.
    :raises AppError: ``quota.storage``.
    """
    rows = list(BuildFile.objects.filter(build_id=source_id, attempt__in=numbers))
    BuildFile.objects.bulk_create(
        BuildFile(
            build_id=target_id,
            attempt=numbers[row.attempt],
            path=row.path,
            blob_id=row.blob_id,
            language=row.language,
            is_test=row.is_test,
            size=row.size,
        )
        for row in rows
    )
    owner = Build.objects.values_list("user_id", flat=True).get(id=target_id)
    if rows and not room.take(owner, sum(row.size for row in rows)):
        raise room.full()


def _store(contents: Mapping[str, bytes]) -> None:
    """Store contents by their hashes; one that is there is renewed, so that housekeeping doesn't delete it meanwhile.

    Always in the same order: of two builds with the same contents one waits for the other.
    """
    Blob.objects.bulk_create(
        (Blob(sha256=digest, content=contents[digest]) for digest in sorted(contents)),
        update_conflicts=True,
        unique_fields=["sha256"],
        update_fields=["created_at"],
    )


def stored_tree(build_id: UUID, attempt: int) -> dict[str, str]:
    """Return the files of one attempt, ordered by path; empty for an attempt there is not."""
    rows = BuildFile.objects.filter(build_id=build_id, attempt=attempt).select_related("blob").order_by("path")
    return {row.path: row.blob.text for row in rows}
