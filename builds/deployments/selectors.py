"""What can be read about targets and deployments; every list starts at the user."""

from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from agentsite.accounts.models import User
from builds.models.approval import Approval, ApprovalStatus
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentStatus, DeploymentTarget
from builds.states import State, Verification

_JOINED = ("target__user", "run", "build", "restores", "user")


def targets_of(user: User) -> QuerySet[DeploymentTarget]:
    """Return somebody's targets by name."""
    return DeploymentTarget.objects.filter(user=user).select_related("user").order_by("name")


def open_targets_of(user: User) -> QuerySet[DeploymentTarget]:
    """Return those of somebody's targets to which something may be deployed."""
    return targets_of(user).filter(archived_at__isnull=True)


def find_target(user: User, target_id: UUID) -> DeploymentTarget | None:
    """Return one of somebody's targets."""
    return targets_of(user).filter(id=target_id).first()


def deployments_of(user: User) -> QuerySet[Deployment]:
    """Return somebody's deployments, newest first, each with ``approval``: the question that it waits for."""
    waits = Approval.objects.filter(deployment=OuterRef("pk"), status=ApprovalStatus.PENDING)
    rows = Deployment.objects.filter(user=user).select_related(*_JOINED).order_by("-id")
    return rows.annotate(approval=Subquery(waits.values("pk")[:1]))


def find_deployment(user: User, deployment_id: UUID) -> Deployment | None:
    """Return one of somebody's deployments."""
    return deployments_of(user).filter(id=deployment_id).first()


def before(deployment: Deployment) -> Deployment | None:
    """Return the deployment that was healthy before another one of the same target."""
    earlier = Deployment.objects.filter(target_id=deployment.target_id, id__lt=deployment.id)
    return earlier.filter(status=DeploymentStatus.HEALTHY).select_related(*_JOINED).order_by("-id").first()


def can_be_deployed(build: Build) -> bool:
    """Say whether a build may be put onto a branch: its run has ended well, and all was proved."""
    return build.status == State.COMPLETED and build.verification == Verification.VERIFIED


def deployable_of(user: User) -> QuerySet[Build]:
    """Return somebody's builds that may be put onto a branch, newest first."""
    rows = Build.objects.filter(user=user, status=State.COMPLETED, verification=Verification.VERIFIED)
    return rows.order_by("-id")
