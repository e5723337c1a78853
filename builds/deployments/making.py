"""The commit of a deployment: a build's files with what was proved about them, or an earlier commit's tree."""

from builds import evidence, selectors
from builds.agent.errors import AgentError
from builds.agent.tree import tree_hash
from builds.agent.values import JsonDict
from builds.deployments import messages
from builds.deployments.places import Place
from builds.deployments.repository import Commit
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentKind
from builds.runs.journal import hand_connection_back


def make(deployment: Deployment, place: Place, head: str) -> JsonDict:
    """Make the commit on top of a branch's head; doing it again makes the same one.

    :raises AgentError: ``deployment.build_gone``, ``deployment.files_changed``, ``deployment.commit_gone``,
        ``deployment.git_failed``.
    """
    if deployment.kind == DeploymentKind.ROLLBACK:
        return _made_again(deployment, place, head)
    build = deployment.build
    if build is None:
        raise AgentError("deployment.build_gone")
    files, deployment.tree_hash = _files(build)
    about = Commit(messages.of_build(deployment, build), _moment(deployment), head)
    hand_connection_back()
    sha = place.repository.commit(deployment.candidate_ref, files, about)
    return {"git_sha": sha, "previous_sha": head, "tree_hash": deployment.tree_hash}


def _files(build: Build) -> tuple[dict[str, bytes], str]:
    files = selectors.files_of(build.id)
    tree = {file.path: file.blob.text for file in files}
    proved = evidence.document(build, build.evidence.all(), tree)
    named = tree_hash(tree)
    if not tree:
        raise AgentError("deployment.build_gone")
    if proved.tree_hash != named:
        raise AgentError("deployment.files_changed")
    return {path: text.encode() for path, text in tree.items()} | {evidence.FILE: evidence.as_bytes(proved)}, named


def _made_again(deployment: Deployment, place: Place, head: str) -> JsonDict:
    earlier = deployment.restores
    if earlier is None:
        raise AgentError("deployment.commit_gone", sha="")
    about = Commit(messages.of_rollback(deployment, earlier.git_sha), _moment(deployment), head)
    hand_connection_back()
    sha = place.repository.commit_again(deployment.candidate_ref, earlier.git_sha, about)
    return {"git_sha": sha, "previous_sha": head, "tree_hash": earlier.tree_hash}


def _moment(deployment: Deployment) -> int:
    return int(deployment.created_at.timestamp())
