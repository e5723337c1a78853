"""Questions about proposals."""

from uuid import UUID

from django.db.models import QuerySet

from agentsite.accounts.models import User
from builds.models.approval import Approval, ApprovalStatus
from memory.models.conversation import Conversation

_JOINED = ("conversation", "build", "resolved_by", "job__build", "deployment")


def approvals_of(user: User) -> QuerySet[Approval]:
    """Return what was proposed to somebody, newest first."""
    return Approval.objects.filter(user=user).select_related(*_JOINED).order_by("-id")


def pending_of(user: User) -> QuerySet[Approval]:
    """Return what waits for somebody's answer, newest first."""
    return approvals_of(user).filter(status=ApprovalStatus.PENDING)


def pending_count(user: User) -> int:
    """Return how many proposals wait for somebody's answer."""
    return Approval.objects.filter(user=user, status=ApprovalStatus.PENDING).count()


def find_approval(user: User, approval_id: UUID) -> Approval | None:
    """Return one proposal; None where there is none that was made to this person."""
    return approvals_of(user).filter(id=approval_id).first()


def waiting_in(conversation: Conversation) -> Approval | None:
    """Return what waits for an answer in a conversation."""
    return Approval.objects.filter(conversation=conversation, status=ApprovalStatus.PENDING).first()
