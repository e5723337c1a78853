"""Who holds which run at this moment, as leases say; ``builds.presence`` knows who works at all."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from builds import stuck
from builds.models.run import Run
from builds.runs.claim import LEASE
from builds.states import State

MOST = 50


@dataclass(frozen=True)
class Holding:
    """One held run."""

    run: Run
    machine: str
    process: str
    heartbeat_age: timedelta
    """Since the lease was pushed out last; a worker that lives does so every 15 s."""
    last_event_at: datetime | None
    reason: stuck.Reason | None
    """Why it is stuck, if it is."""


def holdings() -> list[Holding]:
    """Return what is held, with the oldest heartbeat first; one query."""
    running = Run.objects.filter(state=State.RUNNING).select_related("user", "build")
    return [_holding(run) for run in stuck.with_last_event(running).order_by("lease_expires_at")[:MOST]]


def _holding(run: Run) -> Holding:
    machine, process = worker_of(run.lease_owner)
    now = timezone.now()
    beaten_at = (run.lease_expires_at or now) - LEASE
    last_event_at: datetime | None = run.last_event_at  # type: ignore[attr-defined]  # annotated
    return Holding(run, machine, process, now - beaten_at, last_event_at, stuck.reason_of(run, last_event_at))


def worker_of(lease_owner: str) -> tuple[str, str]:
    """Return a holder's machine and process number, of ``builds.runs.owner``'s names."""
    machine, _space, rest = f"{lease_owner}//".split("/", 2)
    return machine, rest.partition("/")[0]
