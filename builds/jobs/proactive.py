"""What the agent does by itself: remind of a proposal that is about to expire, and sum up the week."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone

from agentsite.accounts.models import Role
from agentsite.accounts.runtime.table import APPROVAL_HOURS
from builds.agent.talking.phrases import say
from builds.jobs import outcomes, services
from builds.models.approval import AgentPreference, Approval, ApprovalStatus
from builds.models.build import Build
from builds.models.job import Job, Task
from builds.runs.claim import Claim
from builds.states import State, Verification
from memory import conversations
from memory.models.conversation import Platform

REMIND_SHARE = 0.125
"""Of the time that a proposal waits: of 24 hours the last three."""
AT_ONCE = 50
WEEK = timedelta(days=7)
_DIGEST = "digest"


def remind_due() -> int:
    """Make a job for each proposal that expires soon and of which nobody was reminded; return how many."""
    ahead = timedelta(hours=APPROVAL_HOURS.now() * REMIND_SHARE)
    soon = Approval.objects.filter(
        status=ApprovalStatus.PENDING, reminded_at__isnull=True, expires_at__gt=Now(), expires_at__lte=Now() + ahead
    )
    count = 0
    for approval in soon.exclude(conversation=None).select_related("user", "conversation")[:AT_ONCE]:
        with transaction.atomic():
            if Approval.objects.filter(id=approval.id, reminded_at__isnull=True).update(reminded_at=Now()):
                payload = {"approval": str(approval.id)}
                services.propose_task(
                    user=approval.user, conversation=approval.conversation, task=Task.REMINDER, payload=payload
                )
                count += 1
    return count


def digest_due() -> int:
    """Make a job for everybody who wants a digest and has had none for a week; return how many."""
    due = Q(digested_at__isnull=True) | Q(digested_at__lte=Now() - WEEK)
    wanting = AgentPreference.objects.filter(due, weekly_digest=True, user__is_active=True)
    chosen = wanting.exclude(user__role=Role.VIEWER).select_related("user").order_by("id")[:AT_ONCE]
    return sum(_digest_for(preference, due) for preference in chosen)


@transaction.atomic
def _digest_for(preference: AgentPreference, due: Q) -> bool:
    if not AgentPreference.objects.filter(due, id=preference.id).update(digested_at=Now()):
        return False  # another process was faster
    user = preference.user
    if not Build.objects.filter(user=user, created_at__gte=timezone.now() - WEEK).exists():
        return False
    place = {"platform": Platform.WEB, "chat_id": _DIGEST, "title": "Digest"}
    conversation, _is_new = conversations.open_conversation(user=user, **place)
    services.propose_task(user=user, conversation=conversation, task=Task.DIGEST, payload={})
    return True


def do(job: Job, claim: Claim) -> None:
    """Say what a job of the agent's own was made for; nothing, when it is not true any more."""
    speech = job.user.language
    text = _reminder(job, speech) if job.task == Task.REMINDER else _digest(job, speech)
    reply: Any = {"reply": {"text": text}}
    outcomes.finish_job(run_id=claim.run_id, fence=claim.fence, state=reply)


def _reminder(job: Job, speech: str) -> str:
    waiting = Approval.objects.filter(id=job.payload["approval"], status=ApprovalStatus.PENDING).first()
    if waiting is None:
        return ""
    when = waiting.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")
    return say(speech, "reminder", name=waiting.proposal["project_name"], when=when)


def _digest(job: Job, speech: str) -> str:
    since: datetime = timezone.now() - WEEK
    counted = Build.objects.filter(user=job.user, created_at__gte=since).aggregate(
        count=Count("id"),
        completed=Count("id", filter=Q(status=State.COMPLETED)),
        failed=Count("id", filter=Q(status=State.FAILED)),
        verified=Count("id", filter=Q(verification=Verification.VERIFIED)),
    )
    if not counted["count"]:
        return ""
    spent = Build.objects.filter(user=job.user, created_at__gte=since).aggregate(cost=Sum(F("usage__cost_usd")))
    cost = Decimal(spent["cost"] or 0).quantize(Decimal("0.0001"))
    return say(speech, "digest", cost=cost, **counted)
