"""Deployments as people see them: what becomes of a branch, stage by stage."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from builds import failures
from builds import selectors as builds
from builds.approvals import selectors as approvals
from builds.deployments import comparing, selectors
from builds.models.approval import Approval
from builds.models.deployment import Deployment, DeploymentStatus, DeploymentTarget
from builds.models.run import RunEvent, RunState
from builds.pages.changes import FileDiff
from builds.pages.marks import Mark, Tone
from builds.states import State

PAGE = 20
MOST_EVENTS = 200
_MARKS: dict[str, tuple[str, Tone]] = {
    DeploymentStatus.BUILDING: ("running", "run"),
    DeploymentStatus.TESTING: ("running", "run"),
    DeploymentStatus.DEPLOYING: ("running", "run"),
    DeploymentStatus.HEALTHY: ("check", "good"),
    DeploymentStatus.ROLLED_BACK: ("stop", "warn"),
    DeploymentStatus.FAILED: ("cross", "bad"),
}
_STAGES: tuple[tuple[str, str | Promise], ...] = (
    ("deployment.committed", _("Commit the files and the evidence")),
    ("deployment.tested:testing", _("Test a fresh checkout")),
    ("deployment.moved", _("Move the branch")),
    ("deployment.tested:healthy", _("Test what the branch gives now")),
)
_TO_COME = Mark("pending", _("to come"), "quiet")
_AT_WORK = Mark("running", _("running"), "run")
_DONE = Mark("check", _("done"), "good")
_BAD = Mark("cross", _("failed"), "bad")


@dataclass(frozen=True)
class Row:
    """One deployment in a list."""

    deployment: Deployment
    mark: Mark


@dataclass(frozen=True)
class History:
    """Some deployments; ``older`` is the query of the next page."""

    rows: Sequence[Row]
    older: str
    is_first: bool


@dataclass(frozen=True)
class Stage:
    """What was, or is to be, done."""

    title: str | Promise
    mark: Mark
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class DeploymentPage:
    """One deployment, whole."""

    deployment: Deployment
    mark: Mark
    stages: Sequence[Stage]
    approval: Approval | None
    events: Sequence[RunEvent]
    before: Deployment | None
    files: Sequence[FileDiff]
    hint: str
    can_cancel: bool
    can_retry: bool
    can_go_back: bool


def mark_of(deployment: Deployment) -> Mark:
    """Return how a deployment stands: what its run waits for comes before the stage that is to begin."""
    if deployment.is_cancelled:
        return Mark("stop", RunState.CANCELLED.label, "quiet")
    if not deployment.is_ended and deployment.run.state == State.PENDING:
        return Mark("clock", RunState.PENDING.label, "quiet")
    if not deployment.is_ended and deployment.run.state == State.WAITING:
        return Mark("pause", RunState.WAITING.label, "warn")
    icon, tone = _MARKS[deployment.status]
    return Mark(icon, DeploymentStatus(deployment.status).label, tone)


def history(rows: QuerySet[Deployment], query: Mapping[str, str]) -> History:
    """Return some deployments, newest first; a cursor that is none begins at the newest."""
    before = _cursor(query.get("before", ""))
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    older = urlencode({"before": found[PAGE - 1].id.hex}) if len(found) > PAGE else ""
    return History([Row(each, mark_of(each)) for each in found[:PAGE]], older, before is None)


def history_of(target: DeploymentTarget, query: Mapping[str, str]) -> History:
    """Return some of a target's deployments."""
    return history(selectors.deployments_of(target.user).filter(target=target), query)


def deployment_page(deployment: Deployment, *, with_changes: bool = True) -> DeploymentPage:
    """Return one deployment."""
    events = builds.timeline_after(deployment.run_id, 0, limit=MOST_EVENTS)
    asked = approvals.approvals_of(deployment.user).filter(deployment=deployment).first()
    found = comparing.compared(deployment) if with_changes and deployment.git_sha else None
    is_there = deployment.git_sha == deployment.target.healthy_sha
    return DeploymentPage(
        deployment=deployment,
        mark=mark_of(deployment),
        stages=_stages(deployment, events),
        approval=asked,
        events=events,
        before=found.before if found else None,
        files=found.files if found else (),
        hint=failures.hint(deployment.error_code) if deployment.error_code else "",
        can_cancel=not deployment.is_ended and deployment.status != DeploymentStatus.DEPLOYING,
        can_retry=deployment.is_ended and deployment.status != DeploymentStatus.HEALTHY,
        can_go_back=deployment.status == DeploymentStatus.HEALTHY and not is_there,
    )


def _stages(deployment: Deployment, events: Sequence[RunEvent]) -> list[Stage]:
    seen = {_name(event): event for event in events}
    stages, is_next = list[Stage](), deployment.run.state == State.RUNNING
    for name, title in _STAGES:
        event = seen.get(name)
        if event is None:
            stages.append(Stage(title, _AT_WORK if is_next else _TO_COME))
            is_next = False
        else:
            is_bad = event.payload.get("outcome") == "failed"
            stages.append(Stage(title, _BAD if is_bad else _DONE, event.created_at, _note(event)))
    return stages


def _name(event: RunEvent) -> str:
    stage = event.payload.get("stage", "")
    return f"{event.kind}:{stage}" if event.kind == "deployment.tested" else event.kind


def _note(event: RunEvent) -> str:
    if event.kind == "deployment.tested":
        return f"{event.payload.get('passed')} / {event.payload.get('total')}"
    return str(event.payload.get("sha") or event.payload.get("to") or "")[:10]


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
