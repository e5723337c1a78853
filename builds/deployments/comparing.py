"""What differs between two deployments of one target, read from their commits."""

from collections.abc import Sequence
from dataclasses import dataclass

from builds import evidence
from builds.deployments import selectors
from builds.deployments.repository import Repository, folder_of
from builds.models.deployment import Deployment
from builds.pages.changes import FileDiff, differences
from builds.runs.journal import hand_connection_back


@dataclass(frozen=True)
class Comparison:
    """What came with a deployment, beside the evidence, which is always another one."""

    before: Deployment | None
    after: Deployment
    files: Sequence[FileDiff]


def compared(after: Deployment, before: Deployment | None = None) -> Comparison:
    """Compare a deployment with another one of its target; with the last healthy one before it unless told."""
    earlier = before or selectors.before(after)
    repository = Repository(folder_of(after.target_id))
    hand_connection_back()
    trees = [_tree(repository, each.git_sha if each else "") for each in (earlier, after)]
    return Comparison(earlier, after, differences(*trees))


def _tree(repository: Repository, sha: str) -> dict[str, str]:
    files = repository.files(sha) if sha else {}
    return {path: text for path, text in files.items() if path != evidence.FILE}
