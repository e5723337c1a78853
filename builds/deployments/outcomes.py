"""How deployments go on and end, by whoever works on them; each is one transaction under its fence."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from audit import services as audit
from builds import failures
from builds.agent.values import JsonDict
from builds.deployments import reports
from builds.models.deployment import STAGES, Deployment, DeploymentStatus, DeploymentTarget
from builds.models.evidence import Evidence, EvidenceKind
from builds.runs import events, status
from builds.runs.fence import held
from builds.states import State


def begin(*, run_id: UUID, fence: int, sandbox: Mapping[str, str]) -> None:
    """Show that a worker has taken a deployment up.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    with held(run_id, fence):
        kind = "deployment.started" if status.show_started(run_id) else "deployment.resumed"
        events.record(run_id, events.NewEvent(kind, {"sandbox": dict(sandbox), "attempt": fence}))


def enter(*, run_id: UUID, fence: int, stage: DeploymentStatus, **found: Any) -> bool:
    """Show which stage begins, unless it had begun; False, and nothing was written, when it is to be cancelled.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    with transaction.atomic():
        reached = Deployment.objects.values_list("status", flat=True).get(run_id=run_id)
        if STAGES.index(DeploymentStatus(reached)) >= STAGES.index(stage):
            return True
        if not status.enter_stage(run_id, fence, stage, **found):
            return False
        events.record(run_id, events.NewEvent(f"deployment.{stage}", dict(found), stage.value))
    return True


@transaction.atomic
def finish(*, run_id: UUID, fence: int, checks: Mapping[str, JsonDict]) -> None:
    """Close a deployment as healthy: from now on its commit is the one to go back to.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    status.end(run_id, State.COMPLETED, fence=fence)
    with _told_to_its_owner(run_id) as deployment:
        DeploymentTarget.objects.filter(id=deployment.target_id).update(
            healthy_sha=deployment.git_sha, updated_at=timezone.now()
        )
        _keep_evidence(deployment, checks)
        sentence = _("%(branch)s is at %(sha)s, and its tests passed in a fresh checkout of it.")
        _close(deployment, "deployment.healthy", sentence % _named(deployment), checks)


@transaction.atomic
def roll_back(*, run_id: UUID, fence: int, code: str, details: JsonDict, checks: Mapping[str, JsonDict]) -> None:
    """Close a deployment whose branch is where it was before.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    status.end(run_id, State.FAILED, fence=fence, is_rolled_back=True)
    with _told_to_its_owner(run_id) as deployment:
        _keep_error(deployment, code, details)
        _keep_evidence(deployment, checks)
        sentence = _("%(branch)s is at %(previous)s, as before this deployment.")
        if not deployment.previous_sha:
            sentence = _("There is no branch %(branch)s, as before this deployment.")
        _close(deployment, "deployment.rolled_back", sentence % _named(deployment), checks)


@transaction.atomic
def fail(*, run_id: UUID, fence: int, code: str, details: Mapping[str, object], may_have_moved: bool = False) -> None:
    """Close a deployment that could not go on.

    :param may_have_moved: nobody could be asked whether its branch was moved.
    :raises StaleFence: another worker took it over; nothing was written.
    """
    status.end(run_id, State.FAILED, fence=fence)
    with _told_to_its_owner(run_id) as deployment:
        _keep_error(deployment, code, dict(details))
        sentence = _("The branch %(branch)s was not moved.")
        if may_have_moved:
            sentence = _("Nobody could be asked where %(branch)s is: at %(sha)s, or still at %(previous)s.")
        _close(deployment, "deployment.failed", sentence % _named(deployment), {})


@transaction.atomic
def confirm_cancel(*, run_id: UUID, fence: int | None, code: str = "deployment.cancelled", reason: str = "") -> None:
    """Close a deployment that nobody wants any more, once everything it had started is dead.

    :param fence: None for one that nobody works on.
    :raises StaleFence: somebody works on it; nothing was written.
    """
    status.end(run_id, State.CANCELLED, fence=fence)
    with _told_to_its_owner(run_id) as deployment:
        _keep_error(deployment, code, {"reason": reason})
        _close(deployment, "deployment.cancelled", _("The branch %(branch)s was not moved.") % _named(deployment), {})


@transaction.atomic
def set_aside(*, run_id: UUID, fence: int, code: str, seconds: float) -> bool:
    """Let a deployment wait for a sandbox or a remote; False when somebody wants it cancelled.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    if not status.wait(run_id, fence, seconds=seconds):
        return False
    until = (timezone.now() + timedelta(seconds=seconds)).isoformat(timespec="seconds")
    events.record(run_id, events.NewEvent("deployment.waiting", {"code": code, "until": until}))
    return True


@contextmanager
def _told_to_its_owner(run_id: UUID) -> Iterator[Deployment]:
    """Give a deployment, and its owner's language for what is kept of its end."""
    deployment = Deployment.objects.select_related("user", "target", "build").get(run_id=run_id)
    with translation.override(deployment.user.language):
        yield deployment


def _keep_error(deployment: Deployment, code: str, details: JsonDict) -> None:
    deployment.error_code = code
    deployment.error_message = failures.message(code, details)


def _keep_evidence(deployment: Deployment, checks: Mapping[str, JsonDict]) -> None:
    """Keep what the tests of each checkout showed, with the build that they are about."""
    if deployment.build is None:
        return
    about: JsonDict = {"deployment": str(deployment.id), "branch": deployment.branch}
    Evidence.objects.bulk_create(
        Evidence(
            build=deployment.build,
            kind=EvidenceKind.DEPLOYMENT,
            passed=report["passed"],
            tree_hash=report["tree_hash"],
            tools=report["clean_run"].get("tools", {}),
            report=report["clean_run"] | about | {"stage": stage, "sha": report["sha"], "failing": report["failing"]},
        )
        for stage, report in checks.items()
    )


def _close(deployment: Deployment, kind: str, where: str, checks: Mapping[str, JsonDict]) -> None:
    """Write report, last event and audit entry."""
    deployment.report_text = reports.text(deployment, where, checks)
    deployment.save(update_fields=["error_code", "error_message", "report_text"])
    told: JsonDict = {
        "sha": deployment.git_sha,
        "branch": deployment.branch,
        "target": deployment.target.name,
        "error_code": deployment.error_code,
    }
    events.record(deployment.run_id, events.NewEvent(kind, told))
    audit.record(
        kind,
        user=deployment.user,
        resource_type="deployment",
        resource_id=str(deployment.id),
        description=f"{deployment.project_name} → {deployment.target.name}",
        details=told,
        error=deployment.error_code,
    )


def _named(deployment: Deployment) -> dict[str, str]:
    return {
        "branch": deployment.branch,
        "sha": deployment.git_sha[:10] or _("no commit"),
        "previous": deployment.previous_sha[:10] or _("no commit"),
    }
