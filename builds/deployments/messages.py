"""What a commit says: which build it is, what was proved of it, and who let it onto the branch."""

from builds.models.approval import Approval, ApprovalStatus
from builds.models.build import Build
from builds.models.deployment import Deployment

_WIDTH = 72
_FIGURES = ("passed", "total", "percent", "killed", "run", "quality", "security", "reason")


def of_build(deployment: Deployment, build: Build) -> str:
    """Return the message of a deployment's commit; the same row gives the same words."""
    rows = [_title(deployment.project_name), "", *_about(build), *_proofs(build)]
    return "\n".join([*rows, f"Deployment: {deployment.id}", f"Tree: {deployment.tree_hash}", _allowed(deployment), ""])


def of_rollback(deployment: Deployment, earlier: str) -> str:
    """Return the message of a commit that brings an earlier one's tree back."""
    rows = [_title(f"Roll back to {earlier[:10]}: {deployment.project_name}"), ""]
    build = [f"Build: {deployment.build_id}"] if deployment.build_id else []
    about = [*build, f"Restores: {earlier}", f"Deployment: {deployment.id}", _allowed(deployment)]
    return "\n".join([*rows, *about, ""])


def _title(words: str) -> str:
    line = " ".join(words.split())
    return line if len(line) <= _WIDTH else line[: _WIDTH - 1] + "…"


def _about(build: Build) -> list[str]:
    return [f"Build: {build.id}", f"Verification: {build.verification}", f"Model: {build.model}", ""]


def _proofs(build: Build) -> list[str]:
    rows = [f"- {proof.get('kind')}: {proof.get('status')}{_figures(proof)}" for proof in build.proofs]
    return ["Proofs:", *rows, ""] if rows else []


def _figures(proof: dict[str, object]) -> str:
    told = [f"{name} {proof[name]}" for name in _FIGURES if proof.get(name) not in {None, ""}]
    return f" ({', '.join(told)})" if told else ""


def _allowed(deployment: Deployment) -> str:
    approvals = Approval.objects.filter(deployment=deployment, status=ApprovalStatus.APPROVED)
    given = approvals.select_related("resolved_by").first()
    if given is None:
        return f"Asked for by: {deployment.user.get_username()}"
    who = given.resolved_by.get_username() if given.resolved_by else deployment.user.get_username()
    return f"Approved by: {who} ({given.resolved_via})"
