"""From a worker's kill until somebody else goes on with what it held."""

import statistics
import time
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from builds.models.run import Run, RunEvent
from builds.states import State
from tests.chaos.installation import Installation
from tests.chaos.programs import Program


@dataclass
class Recoveries:
    """Kills and what was held by whom."""

    kills: int = 0
    held: list[tuple[UUID, datetime]] = field(default_factory=list)
    dead_leases: dict[tuple[UUID, int], tuple[float, float]] = field(default_factory=dict)
    """Run and fence → when the lease of a dead worker was seen first and last."""

    def look(self, site: Installation) -> None:
        """Note which leases of dead workers still stand."""
        now = time.monotonic()
        for run in running().filter(lease_expires_at__gt=Now()):
            if site.holder_of(run.lease_owner) is None:
                first, _ = self.dead_leases.get((run.id, run.fence), (now, now))
                self.dead_leases[run.id, run.fence] = (first, now)

    def kill(self, site: Installation, worker: Program) -> None:
        """Kill a worker, note what it held, and start it again."""
        runs = [run.id for run in running() if site.holder_of(run.lease_owner) is worker]
        worker.kill()
        now = timezone.now()
        self.kills += 1
        self.held += [(run, now) for run in runs]
        site.restart_ended()

    def seconds(self) -> list[float]:
        """Return how long each held run waited for its next worker; one that had just ended waited for none."""
        return sorted(found for found in (_until_resumed(run, since) for run, since in self.held) if found is not None)

    def rows(self) -> list[tuple[str, object]]:
        """Return the figures."""
        seconds = self.seconds()
        if not seconds:
            return [("recoveries", 0)]
        stood = max((last - first for first, last in self.dead_leases.values()), default=0.0)
        return [
            ("longest that a dead worker's lease was seen", f"{stood:.1f} s"),
            ("recoveries", len(seconds)),
            ("recovery, median", f"{statistics.median(seconds):.1f} s"),
            ("recovery, 95 % within", f"{seconds[int(len(seconds) * 0.95)]:.1f} s"),
            ("recovery, worst", f"{seconds[-1]:.1f} s"),
        ]


def running() -> QuerySet[Run]:
    """Return the runs that somebody holds."""
    return Run.objects.filter(state=State.RUNNING).only("id", "fence", "lease_owner", "attempts")


def _until_resumed(run: UUID, since: datetime) -> float | None:
    begun = RunEvent.objects.filter(run=run, kind__in=["build.started", "build.resumed"], created_at__gt=since)
    first = begun.order_by("seq").values_list("created_at", flat=True).first()
    return (first - since).total_seconds() if first else None
