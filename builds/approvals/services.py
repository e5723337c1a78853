"""Proposals and their answers: the first answer wins, from whichever door, and a run that waits goes on once."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.pausing import refuse_while_paused
from agentsite.accounts.runtime.table import APPROVAL_HOURS
from agentsite.common import hints
from agentsite.common.errors import AppError, invalid, not_found
from agentsite.common.texts import storable
from audit import services as audit
from builds import guarding, validation
from builds.agent.talking.values import Proposal
from builds.deployments import outcomes as deployments
from builds.models.approval import MAX_REASON, Action, Approval, ApprovalStatus, Door
from builds.models.deployment import Deployment
from builds.models.job import Job
from builds.runs import events, queue, status
from builds.runs.errors import StaleFence
from builds.runs.lanes import TALK, WORK, Lane
from builds.runs.live import wake_conversation
from memory.texts import clean

CHANGEABLE = ("project_name", "requirements", "language", "budget_usd")
EXPIRED_AT_ONCE = 100


def ask(job: Job, proposal: Proposal, text: str) -> Approval:
    """Put a proposal to the one whose job it is, in the open transaction; an older one that waits is replaced."""
    if job.conversation_id is not None:
        withdraw(job.conversation_id, reason="")
    approval = Approval.objects.create(
        user_id=job.user_id,
        conversation_id=job.conversation_id,
        job=job,
        build_id=proposal["parent"] or None,
        action=proposal["action"],
        proposal_text=text,
        proposal=storable(dict(proposal)),
        expires_at=Now() + timedelta(hours=APPROVAL_HOURS.now()),
    )
    note(approval, "approval.requested", job.user, {"cost_at_most_usd": proposal["cost_at_most_usd"]})
    return approval


@transaction.atomic
def answer(
    *,
    user: User,
    approval: Approval,
    approve: bool,
    via: str,
    reason: str = "",
    changes: Mapping[str, Any] | None = None,
) -> Approval:
    """Approve a proposal, as it is or with changes, or turn it down with a reason that goes back to the agent.

    Of several answers at once one counts; the others are refused with who was faster.

    :param changes: ``project_name``, ``requirements``, ``language`` or ``budget_usd``; what is left out stays.
    :raises AppError: ``request.forbidden`` for anybody but the one it was made to; ``request.invalid``;
        ``request.sensitive``; ``approval.answered``, ``approval.expired``; ``platform.paused`` for a yes.
    """
    refuse_viewers(user)
    if approval.user_id != user.id:
        raise not_found()
    if approve:
        refuse_while_paused()
    given = _checked_changes(user, approval, changes or {}) if approve and approval.deployment_id is None else {}
    words = clean(reason).strip()
    if len(words) > MAX_REASON:
        raise invalid(reason=_("Use at most %(most)d characters.") % {"most": MAX_REASON})
    outcome = ApprovalStatus.APPROVED if approve else ApprovalStatus.REJECTED
    in_time = Q(expires_at__gt=Now())
    if not _resolve(approval.id, outcome, in_time, reason=words, changes=given, resolved_by=user, resolved_via=via):
        raise _too_late(approval)
    approval.refresh_from_db()
    note(approval, f"approval.{outcome}", user, {"via": via, "changed": sorted(given)})
    return approval


def withdraw(conversation_id: UUID, *, reason: str) -> int:
    """Let what waits in a conversation be replaced, in the open transaction; return how many there were."""
    waiting = Approval.objects.select_related("user", "job").filter(
        conversation_id=conversation_id, status=ApprovalStatus.PENDING
    )
    return sum(close(each, ApprovalStatus.SUPERSEDED, Door.AGENT, Q(), reason) for each in waiting)


def withdraw_of(job: Job) -> int:
    """Let nobody answer what a job asked for, in the open transaction; return how many there were."""
    waiting = job.approvals.select_related("user", "job").filter(status=ApprovalStatus.PENDING)
    return sum(close(each, ApprovalStatus.SUPERSEDED, Door.AGENT, Q(), "") for each in waiting)


def expire_due() -> int:
    """Close what nobody answered in time; return how many. Each is a transaction of its own."""
    due = Approval.objects.filter(status=ApprovalStatus.PENDING, expires_at__lte=Now()).select_related(
        "user", "job", "deployment"
    )
    count = 0
    for approval in due.order_by("expires_at")[:EXPIRED_AT_ONCE]:
        with transaction.atomic():
            count += close(approval, ApprovalStatus.EXPIRED, Door.TIMEOUT, Q(expires_at__lte=Now()), "")
    return count


def close(approval: Approval, outcome: ApprovalStatus, via: Door, also: Q, reason: str) -> bool:
    """Write that nobody answers any more, in the open transaction; False when somebody was faster."""
    if not _resolve(approval.id, outcome, also, reason=reason, resolved_via=via):
        return False
    approval.status, approval.reason = outcome, reason
    note(approval, f"approval.{outcome}", approval.user, {"via": via.value})
    return True


def _resolve(approval_id: UUID, outcome: ApprovalStatus, also: Q, **fields: Any) -> bool:
    """Write an answer if there is none: the one statement that decides every race."""
    pending = Approval.objects.filter(also, id=approval_id, status=ApprovalStatus.PENDING)
    return bool(pending.update(status=outcome, resolved_at=Now(), **fields))


def note(approval: Approval, action: str, user: User, details: dict[str, Any]) -> None:
    """Write a question or its answer into the audit log and the timeline of what waits, and let that go on."""
    audit.record(
        action,
        user=user,
        resource_type="approval",
        resource_id=str(approval.id),
        description=str(approval.proposal.get("project_name", "")),
        details=details,
    )
    if approval.conversation_id is not None:
        conversation_id = approval.conversation_id
        transaction.on_commit(lambda: wake_conversation(conversation_id), robust=True)
    told = events.NewEvent(action, {"approval": str(approval.id), **details})
    if approval.job is not None:
        events.record(approval.job.run_id, told)
        _let_go_on(approval.job.run_id, TALK)
    elif approval.deployment is not None:
        events.record(approval.deployment.run_id, told)
        _go_on_deploying(approval, approval.deployment)


def _go_on_deploying(approval: Approval, deployment: Deployment) -> None:
    """Let a deployment begin, or end it at once: nobody works on one that waits for its yes."""
    if approval.status in {ApprovalStatus.REJECTED, ApprovalStatus.EXPIRED}:
        code = f"deployment.{approval.status}"
        with contextlib.suppress(StaleFence):  # it was cancelled a moment ago
            deployments.confirm_cancel(run_id=deployment.run_id, fence=None, code=code, reason=approval.reason)
    elif approval.status == ApprovalStatus.APPROVED:
        _let_go_on(deployment.run_id, WORK)


def _let_go_on(run_id: UUID, lane: Lane) -> None:
    if status.go_on(run_id):
        hints.after_commit(queue.announce, lane)


def _checked_changes(user: User, approval: Approval, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is really changed, as it may be stored."""
    changeable = [name for name in CHANGEABLE if name != "language" or approval.action == Action.BUILD]
    unknown = sorted(set(changes) - set(changeable))
    if unknown:
        raise invalid(changes=_("This cannot be changed: %(names)s.") % {"names": ", ".join(unknown)})
    proposed = {name: approval.proposal.get(name) for name in CHANGEABLE}
    wanted = {**proposed, **changes}
    fields = validation.checked_request(
        project_name=str(wanted["project_name"]),
        requirements=str(wanted["requirements"]),
        description="",
        language=str(wanted["language"]),
        tags=(),
        budget_usd=_amount(wanted["budget_usd"]),
        model="",
    )
    passed = guarding.passed(user, fields, taken={}).fields
    checked = {name: passed[name] for name in changes}
    if "budget_usd" in checked and checked["budget_usd"] is not None:
        checked["budget_usd"] = str(checked["budget_usd"])
    return {name: value for name, value in checked.items() if value != proposed[name]}


def _amount(value: object) -> Decimal | None:
    try:
        return None if value in {None, ""} else Decimal(str(value))
    except InvalidOperation:
        raise invalid(budget_usd=_("Give an amount in US dollars.")) from None


def _too_late(approval: Approval) -> AppError:
    approval.refresh_from_db()
    if approval.status in {ApprovalStatus.PENDING, ApprovalStatus.EXPIRED}:
        return AppError(
            "approval.expired",
            _("Nobody answered this proposal in time."),
            hint=_("Ask for it again."),
            http_status=409,
        )
    who = approval.resolved_by.get_username() if approval.resolved_by else _("the agent")
    told = {"who": who, "outcome": approval.get_status_display(), "via": approval.get_resolved_via_display()}
    told["when"] = date_format(approval.resolved_at, "DATETIME_FORMAT") if approval.resolved_at else ""
    return AppError(
        "approval.answered",
        _("This proposal was answered before: %(outcome)s by %(who)s, %(when)s (%(via)s).") % told,
        hint=_("Nothing more is needed."),
        http_status=409,
    )
