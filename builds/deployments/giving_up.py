"""The end of a deployment that can't go on: its branch goes back to where it was, if it may have been moved."""

from collections.abc import Mapping
from uuid import UUID

import structlog

from builds.agent.errors import AgentError, Cancelled
from builds.deployments import opening, outcomes
from builds.models.deployment import Deployment, DeploymentStatus
from builds.models.run import Run
from builds.runs.journal import hand_connection_back

log = structlog.get_logger(__name__)


def fail(*, run_id: UUID, fence: int, code: str, details: Mapping[str, object]) -> None:
    """Close a deployment as failed, or as rolled back when its branch was moved and is where it was again.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    deployment = Deployment.objects.select_related("target").get(run_id=run_id)
    if deployment.status != DeploymentStatus.DEPLOYING:
        outcomes.fail(run_id=run_id, fence=fence, code=code, details=details)
    elif Run.objects.filter(id=run_id, fence=fence).exists() and _put_back(deployment):
        outcomes.roll_back(run_id=run_id, fence=fence, code=code, details=dict(details), checks={})
    else:
        outcomes.fail(run_id=run_id, fence=fence, code=code, details=details, may_have_moved=True)


def _put_back(deployment: Deployment) -> bool:
    hand_connection_back()
    try:
        place = opening.place_of(deployment.target, deployment.branch, lambda: False)
        if place.head() == deployment.git_sha:
            place.move(to=deployment.previous_sha, was=deployment.git_sha)
        return place.head() == deployment.previous_sha
    except (AgentError, Cancelled) as error:
        log.warning("deployment.not_put_back", deployment=str(deployment.id), error=type(error).__name__)
        return False
