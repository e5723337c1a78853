"""Questions about jobs and about what goes on in a conversation."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db.models import Model, OuterRef, Q, QuerySet, Subquery

from agentsite.accounts.models import User
from builds import selectors
from builds.models.approval import Approval, ApprovalStatus
from builds.models.build import Build
from builds.models.job import ENDED, Job
from builds.models.usage import TokenUsage
from builds.states import FINAL
from memory.attachments.selectors import with_files
from memory.models.conversation import Conversation
from memory.models.message import Message

MAX_SHOWN = 20
"""So many of the newest jobs and builds are shown, and all that have not ended."""
MAX_MESSAGES = 50
M = TypeVar("M", bound=Model)


def jobs_of(user: User) -> QuerySet[Job]:
    """Return what the agent does for somebody, newest first, each with ``approval``: what it waits for."""
    return _with_approval(Job.objects.filter(user=user)).select_related("run").order_by("-id")


def find_job(user: User, job_id: UUID) -> Job | None:
    """Return one of somebody's own jobs; None where there is none."""
    return jobs_of(user).filter(id=job_id).first()


def spending_in(conversation: Conversation) -> selectors.Spending:
    """Return what a conversation used: its jobs, and the builds that they started."""
    jobs = Job.objects.filter(conversation=conversation).values("pk")
    builds = Build.objects.filter(conversation=conversation).values("pk")
    return selectors.summed(TokenUsage.objects.filter(Q(job__in=jobs) | Q(build__in=builds)))


@dataclass(frozen=True)
class Glimpse:
    """What there is to see in a conversation at one moment."""

    status: str
    """Empty when it is gone."""
    messages: Collection[Message] = ()
    has_more: bool = False
    """Whether further messages come after these."""
    jobs: Collection[Job] = ()
    builds: Collection[Build] = ()


def glimpse(conversation_id: UUID, after: int, known: Collection[UUID]) -> Glimpse:
    """Look at what was said after a number, and at what is done about it.

    :param known: jobs and builds that are wanted beside the newest and those that go on.
    """
    found = Conversation.objects.filter(pk=conversation_id).values_list("status", "last_seq").first()
    if found is None:
        return Glimpse("")
    status, last_seq = found
    said = Message.objects.filter(conversation_id=conversation_id, seq__gt=after).order_by("seq")
    messages = list(with_files(said)[:MAX_MESSAGES]) if last_seq > after else []
    jobs = _newest(Job.objects.filter(conversation_id=conversation_id), ENDED, known)
    builds = _newest(Build.objects.filter(conversation_id=conversation_id), FINAL, known)
    return Glimpse(
        status,
        messages,
        has_more=len(messages) == MAX_MESSAGES,
        jobs=list(_with_approval(jobs).order_by("id")),
        builds=list(builds.only("id", "status", "verification", "run_id").order_by("id")),
    )


def _newest(rows: QuerySet[M], ended: Collection[str], known: Collection[UUID]) -> QuerySet[M]:
    newest = rows.order_by("-pk").values("pk")[:MAX_SHOWN]
    return rows.filter(Q(pk__in=newest) | Q(pk__in=known) | ~Q(status__in=ended))


def _with_approval(jobs: QuerySet[Job]) -> QuerySet[Job]:
    waits = Approval.objects.filter(job=OuterRef("pk"), status=ApprovalStatus.PENDING)
    return jobs.annotate(approval=Subquery(waits.order_by("-id").values("pk")[:1]))
