"""What may be done with analyses of code that was not built here."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts import storage as room
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.pausing import refuse_while_paused
from agentsite.common import hints
from agentsite.common.errors import AppError
from agentsite.common.texts import storable
from audit import services as audit
from builds import failures, foreign_code
from builds.agent.values import AnalysisReport, JsonDict
from builds.foreign_code import GivenFile
from builds.models.analysis import REPORTED, AnalysisQuerySet, CodeAnalysis
from builds.models.run import Run, RunKind
from builds.runs import events, queue, status
from builds.runs.fence import held
from builds.states import State

MAX_FINDINGS = 500
"""Of each kind; the gravest are kept."""
_RANK = {"high": 0, "medium": 1, "low": 2, "info": 3}


def visible_analyses(user: User) -> AnalysisQuerySet:
    """Return what this person may see, newest first, without the code."""
    rows: AnalysisQuerySet = CodeAnalysis.objects.visible_to(user)
    return rows.select_related("user", "run").without_code().order_by("-id")


def find_analysis(user: User, analysis_id: UUID) -> CodeAnalysis | None:
    """Return one analysis; None where there is none, or none that this person may see."""
    return CodeAnalysis.objects.visible_to(user).select_related("user", "run").filter(id=analysis_id).first()


def submit_analysis(
    *, user: User, language: str, code: str | None = None, files: Sequence[GivenFile] | None = None
) -> CodeAnalysis:
    """Take code into the queue: analysis, run, first event and audit entry are one transaction.

    :raises AppError: ``request.forbidden`` for a viewer, ``request.invalid`` with the fields that cannot be used,
        ``quota.storage``, ``platform.paused``.
    """
    refuse_viewers(user)
    refuse_while_paused()
    wanted = foreign_code.checked_code(language=language, code=code, files=files)
    with transaction.atomic():
        run = Run.objects.create(kind=RunKind.ANALYSIS, user=user)
        analysis = CodeAnalysis.objects.create(user=user, run=run, **wanted)
        told: JsonDict = {"language": analysis.language, "files": len(foreign_code.tree_of(analysis))}
        events.record(run.id, events.NewEvent("analysis.submitted", told))
        _audit("analysis.submitted", user, analysis, {**told, "bytes": analysis.size_bytes})
        if not room.take(user.id, analysis.size_bytes):
            raise room.full()
        hints.after_commit(queue.announce)
    return analysis


@transaction.atomic
def delete_analysis(*, user: User, analysis: CodeAnalysis) -> bool:
    """Delete an analysis with its code; one that a worker holds is only asked to stop. Say whether it is gone.

    :raises AppError: ``analysis.of_a_build``: it goes with its build.
    """
    if analysis.run_id is None:
        raise AppError(
            "analysis.of_a_build",
            _("This analysis belongs to a build."),
            hint=_("It is kept for as long as its build."),
            http_status=409,
        )
    run = Run.objects.select_for_update().filter(id=analysis.run_id).first()  # nobody takes it up meanwhile
    if run is None:  # somebody else was faster
        return True
    if run.state == State.RUNNING:
        if status.request_cancel(run.id):
            events.record(run.id, events.NewEvent("cancel.requested"))
            _audit("analysis.cancel_requested", user, analysis)
        return False
    _audit("analysis.deleted", user, analysis)
    room.give_back(analysis.user_id, analysis.size_bytes)
    run.delete()
    return True


def begin_analysis(*, run_id: UUID, fence: int, sandbox: Mapping[str, str]) -> None:
    """Show that a worker has taken an analysis up, and in which sandbox.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    with held(run_id, fence):
        new = CodeAnalysis.objects.filter(run_id=run_id, started_at__isnull=True)
        first = new.update(started_at=timezone.now())
        kind = "analysis.started" if first else "analysis.resumed"
        events.record(run_id, events.NewEvent(kind, {"sandbox": dict(sandbox), "attempt": fence}))


@transaction.atomic
def set_aside(*, run_id: UUID, fence: int, code: str, seconds: float) -> bool:
    """Let an analysis wait for a sandbox; False when somebody wants it cancelled.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    if not status.wait(run_id, fence, seconds=seconds):
        return False
    until = timezone.now() + timedelta(seconds=seconds)
    told: JsonDict = {"code": code, "until": until.isoformat(timespec="seconds")}
    events.record(run_id, events.NewEvent("analysis.waiting", told))
    return True


@transaction.atomic
def finish_analysis(*, run_id: UUID, fence: int, report: AnalysisReport) -> None:
    """Close an analysis with what the analysers said; as failed when that makes no score at all.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    kept = _kept(report)
    scores: JsonDict = {"quality_score": report.quality_score, "security_score": report.security_score}
    if report.tools_failed and {*scores.values(), report.maintainability_index} == {None}:
        reasons = sorted(set(kept["tools_failed"].values()))
        error = _error("analysis.no_answer", {"reasons": reasons})
        _end(run_id, fence, State.FAILED, {"error_code": "analysis.no_answer"}, **kept, **error)
    else:
        _end(run_id, fence, State.COMPLETED, {**scores, "tools_failed": kept["tools_failed"]}, **kept)


@transaction.atomic
def fail_analysis(*, run_id: UUID, fence: int, code: str, details: Mapping[str, object]) -> None:
    """Close an analysis that could not go on.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    _end(run_id, fence, State.FAILED, {"error_code": code}, **_error(code, details))


@transaction.atomic
def confirm_cancel(*, run_id: UUID, fence: int) -> None:
    """Close an analysis as cancelled, once everything it had started is dead.

    :raises StaleFence: another worker took it over; nothing was written.
    """
    _end(run_id, fence, State.CANCELLED, {})


def _end(run_id: UUID, fence: int, target: State, told: JsonDict, **changes: Any) -> None:
    status.end(run_id, target, fence=fence)
    rows = CodeAnalysis.objects.filter(run_id=run_id)
    rows.update(completed_at=timezone.now(), **changes)
    analysis = rows.without_code().select_related("user").get()
    events.record(run_id, events.NewEvent(f"analysis.{target}", told))
    _audit(f"analysis.{target}", analysis.user, analysis, told, error=str(told.get("error_code", "")))


def _kept(report: AnalysisReport) -> JsonDict:
    found = storable(report.model_dump(mode="json"))
    kept = {name: _gravest(found[name]) for name in REPORTED}
    return kept | {"analysis_duration_ms": round(report.duration_seconds * 1000)}


def _gravest(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return sorted(value, key=lambda finding: _RANK[finding["severity"]])[:MAX_FINDINGS]


def _error(code: str, details: Mapping[str, object]) -> JsonDict:
    shown = storable(dict(details))
    return {"error_code": code, "error_details": shown, "error_message": failures.message(code, shown)}


def _audit(
    action: str, user: User, analysis: CodeAnalysis, details: Mapping[str, object] | None = None, *, error: str = ""
) -> None:
    audit.record(
        action,
        user=user,
        resource_type="analysis",
        resource_id=str(analysis.id),
        description=analysis.language,
        details=details,
        error=error,
    )
