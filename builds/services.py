"""What may be done with builds. Every door (page, API, command, bot, admin) calls these."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal, TypedDict, Unpack
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts import guests, quota
from agentsite.accounts.models import ApiKey, User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.pausing import refuse_while_paused
from agentsite.common import hints
from agentsite.common.batched import batched
from agentsite.common.errors import AppError, invalid, not_found
from agentsite.common.insertion import insert
from audit import services as audit
from builds import guarding, lineage, results, validation
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.state import State as GraphState
from builds.agent.values import JsonDict
from builds.attachments import taking
from builds.models.build import Build
from builds.models.evidence import Evidence
from builds.models.files import BuildFile
from builds.models.run import Run, RunKind
from builds.runs import events, queue, status
from builds.runs.errors import StaleFence
from builds.runs.fence import held
from builds.states import State
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation

_MEMORY: tuple[Literal["use_memory"], Literal["excluded_memory"]] = ("use_memory", "excluded_memory")


class Origin(TypedDict, total=False):
    """Where a request comes from, beside its owner."""

    parent: Build | None
    forked_attempt: int | None
    api_key: ApiKey | None
    conversation: Conversation | None
    """The one that is told how the build ends."""
    attachments: Sequence[object]
    """Ids of its owner's files that belong to the request."""


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
    use_memory: bool = True,
    excluded_memory: Sequence[object] = (),
    **origin: Unpack[Origin],
) -> Build:
    """Take a request into the queue: build, run, first event and audit entry are one transaction.

    Files that were said in its conversation, and that no build has taken yet, come along.

    :raises AppError: ``request.forbidden`` for a viewer, ``request.invalid`` with the fields that cannot be used,
        ``request.sensitive`` where the input guard blocks, ``quota.storage``, ``quota.guest_builds``,
        ``platform.paused``.
    """
    given = {
        "project_name": project_name,
        "requirements": requirements,
        "description": description,
        "language": language,
        "tags": tags,
        "budget_usd": budget_usd,
        "model": model,
        "use_memory": use_memory,
        "excluded_memory": excluded_memory,
    }
    files = taking.chosen(user, origin.pop("attachments", ()))
    return _take_in(user, _checked(user, given), origin, files, with_waiting=True)


def _checked(user: User, given: Mapping[str, Any], *, taken: Mapping[str, int] | None = None) -> guarding.Passed:
    """Return a request as it may be stored; called outside of transactions, so that a refusal can be audited."""
    refuse_viewers(user)
    refuse_while_paused()
    passed = guarding.passed(user, validation.checked_request(**given), taken=taken or {})
    validation.check_lengths(passed.fields)
    return passed


@transaction.atomic
@batched()
def _take_in(
    user: User,
    wanted: guarding.Passed,
    origin: Origin,
    files: Sequence[Attachment] = (),
    *,
    with_waiting: bool = False,
) -> Build:
    _hold_on_to(origin.get("parent"))
    run = insert(Run(kind=RunKind.BUILD, user=user, priority=guests.priority_of(user), last_seq=1))
    build = insert(Build(user=user, run=run, **origin, **wanted.fields))
    told: JsonDict = {"project_name": build.project_name, "language": build.language}
    told |= {"parent": str(build.parent_id or "")}
    if build.parent is not None:
        taking.hand_on(build.parent, build)
    names = taking.take(build, files, with_waiting=with_waiting)
    if names:
        told["attachments"] = names
    build.came_alone = not (names or build.parent)
    events.record_first(run.id, events.NewEvent("build.submitted", told))
    _audit("build.submitted", user, build)
    if wanted.found:
        action = guarding.write_down(user, build, wanted.found, is_redacted=wanted.is_redacted)
        events.record(run.id, events.NewEvent(action, {"found": wanted.found}))
    quota.count_build(user)
    guests.check_builds_of_today(user)
    hints.after_commit(queue.announce)
    return build


def _hold_on_to(parent: Build | None) -> None:
    """Let nobody delete a build while another one takes over from it."""
    if parent and not Build.objects.select_for_update(no_key=True).filter(pk=parent.pk).values_list("pk").first():
        raise not_found()


class ForkChanges(TypedDict, total=False):
    """What a fork does otherwise than its parent; what is not given stays."""

    project_name: str
    model: str
    budget_usd: Decimal | None
    use_memory: bool
    excluded_memory: Sequence[object]
    api_key: ApiKey | None
    conversation: Conversation | None
    outdated_examples: Sequence[str]
    """Expressions of the parent's examples that no longer hold."""


def retry_build(
    *,
    user: User,
    build: Build,
    from_node: Literal["", "failed"] = "",
    api_key: ApiKey | None = None,
    conversation: Conversation | None = None,
) -> Build:
    """Submit the same request again as a new build with this one as its parent.

    :param conversation: which is told how it ends; that of its owner's earlier build unless given.
    :param from_node: ``failed`` takes over state, files and journal, and goes on at the node that failed or was
        stopped; a build whose tests still failed is repaired on, with all repairs anew. Else from the start.
    :raises AppError: ``build.not_final`` while it still runs; ``build.not_failed`` where there is no failed step;
        ``request.forbidden`` for going on with somebody else's.
    """
    if not build.is_final:
        raise AppError(
            "build.not_final",
            _("This build has not ended yet."),
            hint=_("Wait for its end, or cancel it first."),
            http_status=409,
        )
    state = _continuation(user, build) if from_node else None
    if state is not None or lineage.is_based(build):
        guarding.check_inherited(user, build)
    wanted = _checked(user, _request_of(build), taken=build.redactions)
    told = conversation or (build.conversation if build.user_id == user.id else None)
    return _take_in_again(user, build, wanted, state, Origin(parent=build, api_key=api_key, conversation=told))


@transaction.atomic
def _take_in_again(
    user: User, build: Build, wanted: guarding.Passed, state: GraphState | None, origin: Origin
) -> Build:
    again = _take_in(user, wanted, origin)
    if state is None:
        lineage.begin_again(build, again)
        return again
    told = lineage.go_on(build, again, state)
    events.record(again.run_id, events.NewEvent("build.continued", told))
    _audit("build.continued", user, again, told)
    return again


def _request_of(build: Build) -> dict[str, Any]:
    names = ("project_name", "requirements", "description", "language", "tags", "budget_usd", *_MEMORY)
    return {**{name: getattr(build, name) for name in names}, "model": build.wanted_model}


def _continuation(user: User, build: Build) -> GraphState:
    _refuse_strangers(user, build)
    state = lineage.continuation(build)
    if state is None:
        raise AppError(
            "build.not_failed",
            _("This build has no failed step to go on with."),
            hint=_("Build it again from the start, or fork one of its attempts with a changed request."),
            http_status=409,
        )
    return state


def fork_build(*, user: User, build: Build, attempt: int, requirements: str, **changes: Unpack[ForkChanges]) -> Build:
    """Submit a new request that starts from the files of one of a build's attempts; the build itself may still run.

    Its tests stay, and so do its examples, unless the new request gives another result for the same call.

    :raises AppError: ``request.forbidden`` for somebody else's build; ``request.invalid`` with the fields that cannot
        be used.
    """
    _refuse_strangers(user, build)
    if not BuildFile.objects.filter(build=build, attempt=attempt).exists():
        raise invalid(attempt=_("This build has no such attempt."))
    guarding.check_inherited(user, build)
    changed = {name: changes[name] for name in ("model", "budget_usd", *_MEMORY) if name in changes}
    name = changes.get("project_name") or build.project_name
    given = _request_of(build) | changed | {"project_name": name, "requirements": requirements, "description": ""}
    told = changes.get("conversation")
    origin = Origin(parent=build, forked_attempt=attempt, api_key=changes.get("api_key"), conversation=told)
    wanted = _checked(user, given, taken=build.redactions)
    return _take_in_fork(user, build, wanted, origin, changes.get("outdated_examples", ()))


@transaction.atomic
def _take_in_fork(user: User, build: Build, wanted: guarding.Passed, origin: Origin, outdated: Sequence[str]) -> Build:
    attempt = origin["forked_attempt"] or 0
    fork = _take_in(user, wanted, origin, with_waiting=True)
    lineage.fork(build, fork, attempt, outdated=outdated)
    told: JsonDict = {"parent": str(build.id), "attempt": attempt}
    events.record(fork.run_id, events.NewEvent("build.forked", told))
    _audit("build.forked", user, fork, told)
    return fork


def _refuse_strangers(user: User, build: Build) -> None:
    """An operator sees everybody's builds, but what a build has learned from its owner's memory stays its owner's."""
    if build.user_id != user.id:
        raise AppError(
            "request.forbidden",
            _("Only its owner can go on from this build."),
            hint=_("Submit its request as a build of your own."),
            http_status=403,
        )


@transaction.atomic
def cancel_build(*, user: User, build: Build, reason: str = "") -> Build:
    """Ask a build to stop; one that nobody works on is cancelled at once. Asking again changes nothing.

    :param reason: kept in the audit log.
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
    _audit("build.cancel_requested", user, build, {"reason": reason} if reason else None)
    try:
        with transaction.atomic():
            status.end(build.run_id, State.CANCELLED, fence=None)
            events.record(build.run_id, events.NewEvent("build.cancelled"))
            _audit("build.cancelled", user, build)
    except StaleFence:
        events.record(build.run_id, events.NewEvent("cancel.requested"))
    build.refresh_from_db()
    return build


def begin_build(
    *, run_id: UUID, fence: int, model: str, sandbox: dict[str, str], max_repairs: int | None = None
) -> None:
    """Show that a worker has taken a build up, with which model and in which sandbox.

    :param max_repairs: how often it may repair, which the page goes on to say when the setting changes meanwhile.
    :raises StaleFence: another worker took the build over; nothing was written.
    """
    with held(run_id, fence):
        kind = "build.started" if status.show_started(run_id) else "build.resumed"
        Build.objects.filter(run_id=run_id).update(model=model)
        told: JsonDict = {"model": model, "sandbox": dict(sandbox), "attempt": fence}
        if max_repairs is not None:
            told["max_repairs"] = max_repairs
        events.record(run_id, events.NewEvent(kind, told))


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
    results.keep_results(build, state)
    if error:
        results.keep_error(build, str(error["code"]), dict(error.get("details") or {}))
    build.save()
    results.keep_analysis(build, state)
    for row in evidence_rows(state):
        Evidence.objects.create(build=build, tree_hash=state["tree_hash"], **row)
    told = {"verification": build.verification, "error_code": build.error_code}
    events.record(run_id, *pending, events.NewEvent(f"build.{target}", dict(told)))
    _audit(f"build.{target}", build.user, build, error=build.error_code)


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


def _audit(
    action: str, user: User, build: Build, details: Mapping[str, object] | None = None, *, error: str = ""
) -> None:
    audit.record(
        action,
        user=user,
        resource_type="build",
        resource_id=str(build.id),
        description=build.project_name,
        details=details,
        error=error,
    )
