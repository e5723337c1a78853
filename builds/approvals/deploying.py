"""The question whether something may be deployed, and what a run that waits for it becomes."""

from datetime import timedelta

from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from agentsite.accounts.runtime.table import APPROVAL_HOURS
from builds.approvals import services
from builds.models.approval import Action, Approval, ApprovalStatus, Door
from builds.models.deployment import Deployment, DeploymentKind


def ask(deployment: Deployment) -> Approval:
    """Ask the one whose deployment it is, in the open transaction."""
    text = _sentence(deployment)
    approval = Approval.objects.create(
        user_id=deployment.user_id,
        deployment=deployment,
        build_id=deployment.build_id,
        action=Action.DEPLOY,
        proposal_text=text,
        proposal=_proposal(deployment, text),
        expires_at=Now() + timedelta(hours=APPROVAL_HOURS.now()),
    )
    services.note(approval, "approval.requested", deployment.user, {"deployment": str(deployment.id)})
    return approval


def withdraw(deployment: Deployment) -> int:
    """Let nobody answer what a deployment asked for, in the open transaction; return how many questions there were."""
    waiting = deployment.approvals.select_related("user").filter(status=ApprovalStatus.PENDING)
    return sum(services.close(each, ApprovalStatus.SUPERSEDED, Door.WEB, Q(), "") for each in waiting)


def _sentence(deployment: Deployment) -> str:
    where = {
        "name": deployment.project_name,
        "branch": deployment.branch,
        "target": deployment.target.name,
        "sha": deployment.restores.git_sha[:10] if deployment.restores else "",
    }
    if deployment.kind == DeploymentKind.ROLLBACK:
        return _("Roll the branch %(branch)s of %(target)s back to %(sha)s (%(name)s)?") % where
    return _("Deploy “%(name)s” to the branch %(branch)s of %(target)s?") % where


def _proposal(deployment: Deployment, text: str) -> dict[str, object]:
    """Return it in the form of all proposals (``builds.agent.talking.values.Proposal``)."""
    return {
        "action": Action.DEPLOY.value,
        "project_name": deployment.project_name,
        "requirements": text,
        "language": deployment.language,
        "model": "",
        "budget_usd": None,
        "cost_at_most_usd": "0",
        "files": [],
        "parent": str(deployment.build_id or ""),
        "parent_name": deployment.project_name if deployment.build_id else "",
        "attempt": 0,
    }
