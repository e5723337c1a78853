"""Questions about jobs."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.job import ENDED, Job
from builds.models.usage import TokenUsage
from builds.states import FINAL
from memory.models.conversation import Conversation

RECENT = 50
"""How many of a conversation's newest jobs and builds are followed."""


@dataclass(frozen=True)
class Spent:
    """What a conversation used."""

    calls: int
    tokens_input: int
    tokens_output: int
    cost_usd: Decimal


def jobs_of(user: User) -> QuerySet[Job]:
    """Return somebody's jobs, newest first."""
    return Job.objects.filter(user=user).select_related("trigger_message", "answer_message").order_by("-id")


def find_job(user: User, job_id: UUID) -> Job | None:
    """Return one of somebody's jobs; None where there is none."""
    return jobs_of(user).select_related("run").filter(id=job_id).first()


def runs_under_way(conversation_id: UUID) -> set[UUID]:
    """Return the runs of a conversation's jobs and builds that have not ended."""
    of_jobs = Job.objects.filter(conversation_id=conversation_id).exclude(status__in=ENDED)
    of_builds = Build.objects.filter(conversation_id=conversation_id).exclude(status__in=FINAL)
    return {*of_jobs.values_list("run_id", flat=True), *of_builds.values_list("run_id", flat=True)}


def newest_jobs(conversation_id: UUID) -> list[Job]:
    """Return a conversation's newest jobs, oldest first."""
    return list(Job.objects.filter(conversation_id=conversation_id).order_by("-id")[:RECENT])[::-1]


def newest_builds(conversation_id: UUID) -> list[Build]:
    """Return a conversation's newest builds, oldest first."""
    rows = Build.objects.filter(conversation_id=conversation_id).order_by("-id")
    return list(rows.only("id", "status", "verification", "project_name")[:RECENT])[::-1]


def spent_in(conversation: Conversation) -> Spent:
    """Return what a conversation's jobs used, and the builds that they started."""
    calls = TokenUsage.objects.filter(Q(job__conversation=conversation) | Q(build__conversation=conversation))
    sums = calls.aggregate(
        calls=Count("id"),
        tokens_input=Coalesce(Sum("tokens_input"), 0),
        tokens_output=Coalesce(Sum("tokens_output"), 0),
        cost_usd=Coalesce(Sum("cost_usd"), Decimal(0)),
    )
    return Spent(**sums)
