"""What may be done with builds. Every door (page, API, command, bot, admin) calls these."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from agentsite.common.texts import storable
from audit import services as audit
from builds import failures, validation
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.state import State as GraphState
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.models.run import Run, RunKind
from builds.runs import events, queue, status
from builds.runs.errors import StaleFence
from builds.states import State
from builds.workspace import stored_tree

_ANALYSIS_FIELDS = (
    "quality_score",
    "security_score",
    "maintainability_index",
    "coverage_percent",
    "lines_of_code",
    "cyclomatic_complexity",
    "security_issues",
    "code_smells",
    "type_errors",
    "recommendations",
    "suggested_refactorings",
    "tools",
    "tools_failed",
)


@transaction.atomic
def submit_build(
    *,
    user: User,
    project_name: str,
    requirements: str,
    description: str = "",
    language: str = "python",
    tags: Sequence[str] = (),
    budget_usd: Decimal | None = None,
    model: str = "",
    parent: Build | None = None,
) -> Build:
    """Take a request into the queue: build, run, first event and audit entry are one transaction.

    :raises AppError: ``request.forbidden`` for a viewer, ``request.invalid`` with the fields that cannot be used.
    """
    if not user.can_build:
        raise AppError(
            "request.forbidden",
            _("Your account may only read."),
            hint=_("Ask an operator for the role “user”."),
            http_status=403,
        )
    wanted = validation.checked_request(
        project_name=project_name,
        requirements=requirements,
        description=description,
        language=language,
        tags=tags,
        budget_usd=budget_usd,
        model=model,
    )
    run = Run.objects.create(kind=RunKind.BUILD, user=user)
    build = Build.objects.create(user=user, run=run, parent=parent, **wanted)
    told = {"project_name": build.project_name, "language": build.language, "parent": str(parent.id) if parent else ""}
    events.record(run.id, events.NewEvent("build.submitted", dict(told)))
    _audit("build.submitted", user, build)
    transaction.on_commit(queue.announce, robust=True)
    return build


@transaction.atomic
def retry_build(*, user: User, build: Build) -> Build:
    """Submit the same request again as a new build with this one as its parent.

    :raises AppError: ``build.not_final`` while it still runs.
    """
    if not build.is_final:
        raise AppError(
            "build.not_final",
            _("This build has not ended yet."),
            hint=_("Wait for its end, or cancel it first."),
            http_status=409,
        )
    return submit_build(
        user=user,
        project_name=build.project_name,
        requirements=build.requirements,
        description=build.description,
        language=build.language,
        tags=build.tags,
        budget_usd=build.budget_usd,
        model=build.wanted_model,
        parent=build,
    )


@transaction.atomic
def cancel_build(*, user: User, build: Build) -> Build:
    """Ask a build to stop; one that nobody works on is cancelled at once. Asking again changes nothing.

    :raises AppError: ``build.final`` when it has ended already.
    """
    is_first = status.request_cancel(build.run_id)
    build.refresh_from_db()
    if build.is_final:
        raise AppError(
            "build.final", _("This build has ended already."), hint=_("There is nothing to cancel."), http_status=409
        )
    if not is_first:
        return build
    _audit("build.cancel_requested", user, build)
    try:
        with transaction.atomic():
            status.end(build.run_id, State.CANCELLED, fence=None)
            events.record(build.run_id, events.NewEvent("build.cancelled"))
    except StaleFence:
        events.record(build.run_id, events.NewEvent("cancel.requested"))
    build.refresh_from_db()
    return build


@transaction.atomic
def begin_build(*, run_id: UUID, model: str, sandbox: dict[str, str], attempt: int) -> None:
    """Show that a worker has taken a build up, with which model and in which sandbox."""
    status.show_started(run_id)
    Build.objects.filter(run_id=run_id).update(model=model)
    kind = "build.started" if attempt == 1 else "build.resumed"
    events.record(run_id, events.NewEvent(kind, {"model": model, "sandbox": dict(sandbox), "attempt": attempt}))


@transaction.atomic
def wait_for_provider(
    *, run_id: UUID, fence: int, code: str, seconds: float, pending: Sequence[events.NewEvent] = ()
) -> bool:
    """Set a build aside until its model's provider may be asked again; False when somebody wants it cancelled.

    :raises StaleFence: another worker took the build over; nothing was written.
    """
    if not status.wait(run_id, fence, seconds=seconds):
        return False
    until = timezone.now() + timedelta(seconds=seconds)
    told = {"code": code, "until": until.isoformat(timespec="seconds")}
    events.record(run_id, *pending, events.NewEvent("build.waiting", dict(told)))
    return True


@transaction.atomic
def finish_build(*, run_id: UUID, fence: int, state: GraphState, pending: Sequence[events.NewEvent] = ()) -> None:
    """Close a build with everything the workflow found out.

    Status, results, analysis, evidence, last event and audit entry are written together.

    :raises StaleFence: another worker took the build over; nothing was written.
    """
    error = state.get("error") or {}
    target = State.FAILED if error else State.COMPLETED
    status.end(run_id, target, fence=fence)
    build = Build.objects.select_related("user").get(run_id=run_id)
    _keep_results(build, state)
    if error:
        _keep_error(build, str(error["code"]), dict(error.get("details") or {}))
    build.save()
    _keep_analysis(build, state)
    for row in evidence_rows(state):
        Evidence.objects.create(build=build, tree_hash=state["tree_hash"], **row)
    told = {"verification": build.verification, "error_code": build.error_code}
    events.record(run_id, *pending, events.NewEvent(f"build.{target}", dict(told)))
    _audit(f"build.{target}", build.user, build)


@transaction.atomic
def fail_build(
    *,
    run_id: UUID,
    fence: int,
    code: str,
    details: dict[str, object],
    state: GraphState | None = None,
    pending: Sequence[events.NewEvent] = (),
) -> None:
    """Close a build that could not go on; what was produced so far stays readable.

    :raises StaleFence: another worker took the build over; nothing was written.
    """
    plain = GraphState(**{**(state or {}), "error": {"code": code, "details": details}})
    finish_build(run_id=run_id, fence=fence, state=plain, pending=pending)


@transaction.atomic
def confirm_cancel(*, run_id: UUID, fence: int) -> None:
    """Close a build as cancelled, once everything it had started is dead.

    :raises StaleFence: another worker took the build over; nothing was written.
    """
    status.end(run_id, State.CANCELLED, fence=fence)
    build = Build.objects.select_related("user").get(run_id=run_id)
    events.record(run_id, events.NewEvent("build.cancelled"))
    _audit("build.cancelled", build.user, build)


def _keep_results(build: Build, state: GraphState) -> None:
    build.verification = state.get("verification", build.verification)
    build.proofs = state.get("proofs", [])
    build.test_results = state.get("clean_run") or state.get("report") or {}
    build.build_logs = str(build.test_results.get("output", ""))
    plan_files = state.get("plan", {}).get("files")
    tree = stored_tree(build.id, state.get("attempt", 0))
    first = [str(row["path"]) for row in plan_files if isinstance(row, dict)] if isinstance(plan_files, list) else []
    build.generated_code = next((tree[path] for path in first if path in tree), "")
    build.summary = str(state.get("analysis", {}).get("problem", ""))


def _keep_error(build: Build, code: str, details: dict[str, object]) -> None:
    build.error_code = code
    build.error_details = storable(details)
    build.error_message = failures.message(code, build.error_details)


def _keep_analysis(build: Build, state: GraphState) -> None:
    review = state.get("review")
    if not review:
        return
    duration = review["duration_seconds"]
    CodeAnalysis.objects.create(
        user_id=build.user_id,
        build=build,
        code_to_analyze=build.generated_code,
        analysis_duration_ms=round(float(duration) * 1000) if isinstance(duration, int | float) else 0,
        **{name: review[name] for name in _ANALYSIS_FIELDS},
    )


def _audit(action: str, user: User, build: Build) -> None:
    audit.record(action, user=user, resource_type="build", resource_id=str(build.id), description=build.project_name)
