"""The server's own copy of a build's files: content by hash, one numbered attempt for each change of the tree."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from uuid import UUID

from builds.agent.tree import tree_hash
from builds.agent.values import Tree
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
        """
        contents = {path: text.encode() for path, text in tree.items()}
        hashes = {path: sha256(content).hexdigest() for path, content in contents.items()}
        with fence.held(self._claim.run_id, self._claim.fence):
            BuildFile.objects.filter(build_id=self._build_id, attempt=attempt).delete()
            Blob.objects.bulk_create(
                (Blob(sha256=hashes[path], content=content) for path, content in contents.items()),
                ignore_conflicts=True,
            )
            BuildFile.objects.bulk_create(
                self._row(attempt, path, hashes[path], len(content)) for path, content in contents.items()
            )
        return tree_hash(tree)

    def load(self, attempt: int) -> Tree:
        """Return the tree stored under a number."""
        return stored_tree(self._build_id, attempt)

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
    """Let a new build, which nobody has claimed, have attempts of another one.

    :param numbers: each attempt's number there, and here.
    """
    rows = BuildFile.objects.filter(build_id=source_id, attempt__in=numbers)
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


def stored_tree(build_id: UUID, attempt: int) -> dict[str, str]:
    """Return the files of one attempt, ordered by path; empty for an attempt there is not."""
    rows = BuildFile.objects.filter(build_id=build_id, attempt=attempt).select_related("blob").order_by("path")
    return {row.path: row.blob.text for row in rows}
