"""What there is to count at a moment: the queue, what runs, and how the last hour's builds ended."""

from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone

from builds.models.build import Build
from builds.models.run import Run, RunState
from builds.runs.claim import IN_THE_QUEUE, claimable
from builds.states import FINAL

_HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Figures:
    """One moment's numbers."""

    runs: dict[tuple[str, str], int]
    """By kind and state, of those that have not ended."""
    oldest_wait_seconds: float
    """How long the run has waited that waits longest and could start; 0 when none does."""
    builds: dict[tuple[str, str], int]
    """By status and verification, of builds submitted in the last hour."""


def figures() -> Figures:
    """Count now; costs three queries over short indexes, however many builds there are."""
    unfinished = Run.objects.filter(state__in=[state for state in RunState.values if state not in FINAL]).order_by()
    now = timezone.now()
    recent = Build.objects.filter(status__in=RunState.values, created_at__gte=now - _HOUR).order_by()
    oldest = claimable().filter(kind__in=IN_THE_QUEUE).order_by().aggregate(first=Min("created_at"))["first"]
    return Figures(
        runs={
            (kind, state): count for kind, state, count in unfinished.values_list("kind", "state").annotate(Count("id"))
        },
        oldest_wait_seconds=(now - oldest).total_seconds() if oldest else 0.0,
        builds={
            (status, proved): count
            for status, proved, count in recent.values_list("status", "verification").annotate(Count("id"))
        },
    )
