"""Proposals as people see them: what would happen, what it may cost, how it was answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import User
from agentsite.accounts.runtime.table import APPROVAL_RULE, APPROVAL_RULE_ABOVE_USD
from builds.approvals import policy, selectors
from builds.chat_forms import AnswerForm
from builds.models.approval import AgentPreference, Approval, ApprovalPolicy, ApprovalStatus
from builds.models.build import Build
from builds.pages import is_cookbook
from builds.pages.marks import Mark, Tone
from builds.pages.reading import count, lines

PAGE = 20
MOST_PENDING = 50
_MARKS: dict[str, tuple[str, Tone]] = {
    ApprovalStatus.PENDING: ("pause", "warn"),
    ApprovalStatus.APPROVED: ("check", "good"),
    ApprovalStatus.REJECTED: ("cross", "bad"),
    ApprovalStatus.SUPERSEDED: ("dash", "quiet"),
    ApprovalStatus.EXPIRED: ("clock", "quiet"),
}
_CHANGED = {
    "project_name": _("project name"),
    "requirements": _("request"),
    "language": _("language"),
    "budget_usd": _("budget"),
}


@dataclass(frozen=True)
class ApprovalCard:
    """One proposal; ``form`` is there only for who may answer it now."""

    approval: Approval
    mark: Mark
    name: str
    request: str
    language: str
    model: str
    is_cookbook: bool
    cost: Decimal | None
    files: tuple[str, ...]
    parent_name: str
    attempt: int
    changed: tuple[str, ...]
    started: Build | None
    form: AnswerForm | None


@dataclass(frozen=True)
class InboxPage:
    """What waits, all of it, and some of what was answered; ``older`` is the query of the next page."""

    pending: tuple[ApprovalCard, ...]
    answered: tuple[ApprovalCard, ...]
    has_more_pending: bool
    older: str
    is_first: bool


def inbox_page(user: User, query: Mapping[str, str]) -> InboxPage:
    """Return what the address asks for; a cursor that is none begins at the newest."""
    before = _cursor(query.get("before", ""))
    waiting = [] if before else list(selectors.pending_of(user)[: MOST_PENDING + 1])
    rows = selectors.approvals_of(user).exclude(status=ApprovalStatus.PENDING)
    found = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    return InboxPage(
        pending=tuple(approval_card(each, user) for each in waiting[:MOST_PENDING]),
        answered=tuple(approval_card(each, user) for each in found[:PAGE]),
        has_more_pending=len(waiting) > MOST_PENDING,
        older=urlencode({"before": found[PAGE - 1].id.hex}) if len(found) > PAGE else "",
        is_first=before is None,
    )


def approval_card(approval: Approval, user: User, form: AnswerForm | None = None) -> ApprovalCard:
    """Return one proposal, with a form for who may answer it.

    :param form: one that was sent and refused.
    """
    proposal, wanted = approval.proposal, {**approval.proposal, **approval.changes}
    icon, tone = _MARKS[approval.status]
    can_answer = approval.is_pending and approval.expires_at > timezone.now() and user.can_build
    model = str(proposal.get("model", ""))
    return ApprovalCard(
        approval=approval,
        mark=Mark(icon, ApprovalStatus(approval.status).label, tone),
        name=str(wanted.get("project_name", "")),
        request=str(wanted.get("requirements", "")),
        language=str(wanted.get("language", "")),
        model=model,
        is_cookbook=is_cookbook(model),
        cost=_amount(proposal.get("cost_at_most_usd")),
        files=tuple(lines(proposal.get("files"))),
        parent_name=str(proposal.get("parent_name", "")),
        attempt=count(proposal.get("attempt")),
        changed=tuple(str(word) for name, word in _CHANGED.items() if name in approval.changes),
        started=approval.job.build if approval.job else None,
        form=(form or AnswerForm(approval=approval)) if can_answer else None,
    )


def waiting_approvals(request: HttpRequest) -> dict[str, object]:
    """Offer templates how many proposals wait for who is logged in; nothing is counted unless a template asks."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"waiting_approvals": SimpleLazyObject(lambda: selectors.pending_count(user))}


def stricter_rule(preference: AgentPreference) -> str:
    """Return the operator's rule where it asks more often than somebody's own choice; empty where it does not."""
    rule = APPROVAL_RULE.now()
    if policy.in_force(preference.user) != preference.approval_policy:
        return rule
    is_lower = preference.approval_above_usd > APPROVAL_RULE_ABOVE_USD.now()
    return rule if rule == ApprovalPolicy.ABOVE == preference.approval_policy and is_lower else ""


def _amount(value: Any) -> Decimal | None:
    try:
        return None if value is None else Decimal(str(value))
    except InvalidOperation:
        return None


def _cursor(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
