"""What may be done with deployments. Every door (page, API, bot) calls these."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.pausing import refuse_while_paused
from agentsite.common import hints
from agentsite.common.errors import AppError, not_found
from audit import services as audit
from builds.approvals import deploying as approvals
from builds.approvals import policy
from builds.deployments import outcomes, selectors
from builds.models.build import Build
from builds.models.deployment import ENDED, Deployment, DeploymentKind, DeploymentStatus, DeploymentTarget
from builds.models.run import Run, RunKind
from builds.runs import events, queue, status
from builds.runs.errors import StaleFence
from builds.states import State

MAX_OPEN = 20
"""Deployments of one target that have not ended."""


def deploy(*, user: User, build: Build, target: DeploymentTarget) -> Deployment:
    """Have a verified build put onto a target's branch; unless somebody chose otherwise, it first waits for a yes.

    :raises AppError: ``request.forbidden`` for a viewer or somebody else's build; ``deployment.not_verified``;
        ``target.archived``; ``deployment.too_many``; ``platform.paused``.
    """
    refuse_viewers(user)
    refuse_while_paused()
    if build.user_id != user.id:
        raise AppError(
            "request.forbidden",
            _("Only its owner can deploy this build."),
            hint=_("Submit its request as a build of your own."),
            http_status=403,
        )
    if not selectors.can_be_deployed(build):
        raise AppError(
            "deployment.not_verified",
            _("Only a build of which everything was proved can be deployed."),
            hint=_("Look at what was not proved, and build it again."),
            http_status=409,
        )
    wanted = {"build": build, "project_name": build.project_name, "language": build.language}
    return _take_in(user, target, DeploymentKind.DEPLOY, **wanted)


def roll_back(*, user: User, target: DeploymentTarget, to: Deployment) -> Deployment:
    """Have the tree of an earlier healthy deployment put onto the branch again, as a commit of its own.

    :raises AppError: ``deployment.not_healthy`` for one to which nobody can go back; ``deployment.already_there``;
        and as ``deploy``.
    """
    refuse_viewers(user)
    refuse_while_paused()
    if to.target_id != target.id or to.user_id != user.id:
        raise not_found()
    if to.status != DeploymentStatus.HEALTHY:
        raise AppError(
            "deployment.not_healthy",
            _("A branch can only go back to a deployment that was healthy."),
            hint=_("Choose another one from the target's history."),
            http_status=409,
        )
    wanted = {"build": to.build, "project_name": to.project_name, "language": to.language, "restores": to}
    return _take_in(user, target, DeploymentKind.ROLLBACK, **wanted)


def retry(*, user: User, deployment: Deployment) -> Deployment:
    """Have the same thing deployed again, as a new deployment.

    :raises AppError: ``deployment.not_final`` while it has not ended; ``deployment.was_healthy``;
        ``deployment.source_gone``; and as ``deploy``.
    """
    if not deployment.is_ended:
        raise AppError(
            "deployment.not_final",
            _("This deployment has not ended yet."),
            hint=_("Wait for its end, or cancel it first."),
            http_status=409,
        )
    if deployment.status == DeploymentStatus.HEALTHY:
        raise AppError(
            "deployment.was_healthy",
            _("This deployment went well."),
            hint=_("Roll back to it, if the branch is elsewhere now."),
            http_status=409,
        )
    if deployment.kind == DeploymentKind.ROLLBACK and deployment.restores is not None:
        return roll_back(user=user, target=deployment.target, to=deployment.restores)
    if deployment.kind == DeploymentKind.DEPLOY and deployment.build is not None:
        return deploy(user=user, build=deployment.build, target=deployment.target)
    raise AppError(
        "deployment.source_gone",
        _("What was to be deployed is not there any more."),
        hint=_("Deploy another build."),
        http_status=409,
    )


@transaction.atomic
def cancel(*, user: User, deployment: Deployment) -> Deployment:
    """Ask a deployment to stop; one that nobody works on is cancelled at once. Asking again changes nothing.

    :raises AppError: ``deployment.final`` when it has ended; ``deployment.too_late`` once its branch is being moved.
    """
    refuse_viewers(user)
    Run.objects.select_for_update().get(id=deployment.run_id)  # no worker gets to the next stage meanwhile
    deployment.refresh_from_db()
    if deployment.is_ended:
        raise AppError(
            "deployment.final",
            _("This deployment has ended already."),
            hint=_("There is nothing to cancel."),
            http_status=409,
        )
    if deployment.status == DeploymentStatus.DEPLOYING:
        raise AppError(
            "deployment.too_late",
            _("The branch is being moved at this moment."),
            hint=_("Wait for its end, then roll back."),
            http_status=409,
        )
    if not status.request_cancel(deployment.run_id):
        return deployment
    _audit("deployment.cancel_requested", user, deployment)
    approvals.withdraw(deployment)
    try:
        outcomes.confirm_cancel(run_id=deployment.run_id, fence=None)
    except StaleFence:
        events.record(deployment.run_id, events.NewEvent("cancel.requested"))
    deployment.refresh_from_db()
    return deployment


@transaction.atomic
def _take_in(user: User, target: DeploymentTarget, kind: DeploymentKind, **wanted: Any) -> Deployment:
    """Store deployment, run, first event, audit entry and the question in one transaction."""
    locked = _locked(target)
    to = wanted.get("restores")
    if to is not None and to.git_sha == locked.healthy_sha:
        raise AppError(
            "deployment.already_there",
            _("The branch is at this deployment."),
            hint=_("There is nothing to roll back."),
            http_status=409,
        )
    asks = policy.must_ask(user, None, is_deployment=True)
    run = Run.objects.create(
        kind=RunKind.DEPLOYMENT, user=user, last_seq=1, state=State.WAITING if asks else State.PENDING
    )
    deployment = Deployment.objects.create(user=user, run=run, target=locked, branch=locked.branch, kind=kind, **wanted)
    told = {"target": locked.name, "branch": locked.branch, "kind": kind.value, "waits_for_approval": asks}
    build_id = str(deployment.build_id or "")
    events.record_first(run.id, events.NewEvent("deployment.submitted", {**told, "build": build_id}))
    _audit("deployment.submitted", user, deployment, {**told, "build": build_id})
    if asks:
        approvals.ask(deployment)
    else:
        hints.after_commit(queue.announce)
    return deployment


def _locked(target: DeploymentTarget) -> DeploymentTarget:
    locked = DeploymentTarget.objects.select_for_update(no_key=True).filter(pk=target.pk).first()
    if locked is None:
        raise not_found()
    if locked.archived_at is not None:
        raise AppError(
            "target.archived",
            _("This target is archived."),
            hint=_("Take it out of the archive, or choose another one."),
            http_status=409,
        )
    if Deployment.objects.filter(target=locked).exclude(status__in=ENDED).count() >= MAX_OPEN:
        raise AppError(
            "deployment.too_many",
            _("%(count)d deployments of this target have not ended.") % {"count": MAX_OPEN},
            hint=_("Wait for them, or cancel some."),
            http_status=409,
        )
    return locked


def _audit(action: str, user: User, deployment: Deployment, details: dict[str, object] | None = None) -> None:
    audit.record(
        action,
        user=user,
        resource_type="deployment",
        resource_id=str(deployment.id),
        description=f"{deployment.project_name} → {deployment.target.name}",
        details=details,
    )
