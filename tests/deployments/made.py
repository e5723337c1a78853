"""Deployments in the states that doors find them in, without a repository."""

from django.db import transaction

from agentsite.accounts.models import User
from builds.approvals import deploying
from builds.deployments import outcomes, targets
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentStatus, DeploymentTarget
from builds.models.run import Run, RunKind
from builds.runs import events
from builds.runs.claim import claim_next
from builds.states import State

SHA, LATER = "a" * 40, "b" * 40


@transaction.atomic
def waiting(user: User, build: Build | None = None, name: str = "production") -> Deployment:
    """Return a deployment that waits for a yes."""
    target = DeploymentTarget.objects.filter(user=user, name=name).first()
    target = target or targets.create_target(user=user, name=name)
    run = Run.objects.create(kind=RunKind.DEPLOYMENT, user=user, last_seq=1, state=State.WAITING)
    about = {"project_name": "Roman numerals", "language": "python", "branch": target.branch}
    deployment = Deployment.objects.create(user=user, run=run, target=target, build=build, **about)
    events.record_first(run.id, events.NewEvent("deployment.submitted", {"target": target.name}))
    deploying.ask(deployment)
    return deployment


def healthy(user: User, build: Build | None = None, name: str = "production") -> Deployment:
    """Return a deployment that went well, after which the branch went on."""
    deployment = waiting(user, build, name)
    deployment.approvals.all().delete()
    Run.objects.filter(id=deployment.run_id).update(state=State.PENDING)
    claim = claim_next("tests", run_id=deployment.run_id)
    assert claim is not None
    outcomes.begin(run_id=claim.run_id, fence=claim.fence, sandbox={"backend": "scripted"})
    for stage in (DeploymentStatus.TESTING, DeploymentStatus.DEPLOYING):
        outcomes.enter(run_id=claim.run_id, fence=claim.fence, stage=stage, git_sha=SHA, tree_hash="0" * 64)
    outcomes.finish(run_id=claim.run_id, fence=claim.fence, checks={})
    DeploymentTarget.objects.filter(id=deployment.target_id).update(healthy_sha=LATER)
    return Deployment.objects.select_related("run", "target").get(id=deployment.id)
