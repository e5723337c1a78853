"""What there is to count at a moment: the queue, what runs, what waits, and how the last hour's builds ended."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, QuerySet, Sum
from django.utils import timezone

from agentsite.accounts.models import StorageUsage
from builds.models.approval import Approval, ApprovalStatus
from builds.models.build import Build
from builds.models.pause import ProviderPause
from builds.models.run import Run, RunState
from builds.models.webhook import DeliveryState, PauseReason, WebhookDelivery, WebhookEndpoint
from builds.runs.claim import IN_THE_QUEUE, claimable
from builds.states import FINAL, State

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class RunFigures:
    """One moment's numbers of runs that have not ended."""

    runs: dict[tuple[str, ...], int]
    """By kind and state."""
    oldest_wait_seconds: float
    """How long the run has waited that waits longest and could start; 0 when none does."""
    leases: dict[tuple[str, ...], int]
    """``held`` by a living worker, or ``run_out``."""
    tried_again: int
    """How many are at their second attempt, or a later one, without having got anywhere."""


@dataclass(frozen=True)
class Figures(RunFigures):
    """One moment's numbers."""

    builds: dict[tuple[str, ...], int]
    """By status and verification, of builds submitted in the last hour."""
    paused_providers: dict[tuple[str, ...], float]
    """Seconds that are left of a provider's pause."""
    approvals_waiting: int
    webhooks_waiting: int
    webhook_oldest_seconds: float
    """How long the delivery is overdue that was due first; 0 when none is."""
    webhooks_paused: int
    """Endpoints that are told nothing because they failed again and again."""
    storage_bytes: int


def figures() -> Figures:
    """Count now; costs so many queries over short indexes, however many builds there are."""
    now = timezone.now()
    recent = Build.objects.filter(status__in=RunState.values, created_at__gte=now - _HOUR).order_by()
    pauses = ProviderPause.objects.filter(until__gt=now)
    deliveries = WebhookDelivery.objects.filter(state=DeliveryState.PENDING, endpoint__paused_at__isnull=True)
    due = deliveries.order_by().aggregate(count=Count("id"), first=Min("next_attempt_at"))
    return Figures(
        **vars(run_figures()),
        builds=_counted(recent, "status", "verification"),
        paused_providers={(pause.provider,): (pause.until - now).total_seconds() for pause in pauses},
        approvals_waiting=Approval.objects.filter(status=ApprovalStatus.PENDING).count(),
        webhooks_waiting=due["count"],
        webhook_oldest_seconds=_since(due["first"], now),
        webhooks_paused=WebhookEndpoint.objects.filter(pause_reason=PauseReason.FAILING).count(),
        storage_bytes=StorageUsage.objects.aggregate(total=Sum("bytes_used"))["total"] or 0,
    )


def run_figures() -> RunFigures:
    """Count what has not ended; costs three queries over short indexes, however much has."""
    now = timezone.now()
    unfinished = Run.objects.filter(state__in=[state for state in RunState.values if state not in FINAL]).order_by()
    oldest = claimable().filter(kind__in=IN_THE_QUEUE).order_by().aggregate(first=Min("created_at"))["first"]
    held = Q(state=State.RUNNING, lease_expires_at__gte=now)
    run_out = Q(state=State.RUNNING, lease_expires_at__lt=now)
    counted = unfinished.aggregate(
        held=Count("id", filter=held), run_out=Count("id", filter=run_out), again=Count("id", filter=Q(attempts__gt=1))
    )
    return RunFigures(
        runs=_counted(unfinished, "kind", "state"),
        oldest_wait_seconds=_since(oldest, now),
        leases={("held",): counted["held"], ("run_out",): counted["run_out"]},
        tried_again=counted["again"],
    )


def _counted(rows: QuerySet[Run] | QuerySet[Build], *by: str) -> dict[tuple[str, ...], int]:
    return {tuple(labels): count for *labels, count in rows.values_list(*by).annotate(Count("id"))}


def _since(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0
