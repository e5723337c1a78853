"""What happens at this moment: the queue, the workers, and what is stuck."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agentsite.console.showing import Figure, length, listed, page_of
from builds import presence, stuck, workers
from builds.figures import RunFigures, run_figures
from builds.models.run import Run
from builds.models.worker import Worker
from builds.states import State

MOST_STUCK = 20


@dataclass(frozen=True)
class Stuck:
    """A run that gets nowhere."""

    run: Run
    reason: stuck.Reason | None
    url: str


@dataclass(frozen=True)
class Held:
    """A worker's run."""

    holding: workers.Holding
    url: str


@dataclass(frozen=True)
class Live:
    """One moment; six queries."""

    figures: Sequence[Figure]
    held: Sequence[Held]
    stuck: Sequence[Stuck]
    at: datetime


def live() -> Live:
    """Look at the queue and the workers."""
    now = run_figures()
    lost = list(stuck.with_last_event(stuck.stuck_runs()).select_related("user", "build").order_by("id")[:MOST_STUCK])
    return Live(
        [_alive(presence.alive()), *_figures(now, len(lost))],
        [Held(holding, page_of(holding.run)) for holding in workers.holdings()],
        [_stuck(run) for run in lost],
        timezone.now(),
    )


def _alive(working: list[Worker]) -> Figure:
    places = sum(each.places for each in working)
    note = ngettext("room for %(count)d build", "room for %(count)d builds", places) % {"count": places}
    return Figure(_("Workers"), str(len(working)), note=note, tone="" if working else "bad")


def _figures(now: RunFigures, lost: int) -> list[Figure]:
    counts = {state: sum(n for (_kind, found), n in now.runs.items() if found == state) for state in State}
    many = f"{lost}+" if lost == MOST_STUCK else str(lost)
    return [
        Figure(_("In the queue"), str(counts[State.PENDING]), listed("builds_run", state__exact=State.PENDING)),
        Figure(_("Longest wait"), length(now.oldest_wait_seconds), note=_("of those that could start")),
        Figure(_("Running"), str(counts[State.RUNNING]), listed("builds_run", state__exact=State.RUNNING)),
        Figure(_("Waiting"), str(counts[State.WAITING]), listed("builds_run", state__exact=State.WAITING)),
        Figure(_("Stuck"), many, listed("builds_run", stuck="any"), tone="bad" if lost else ""),
    ]


def _stuck(run: Run) -> Stuck:
    return Stuck(run, stuck.reason_of(run, run.last_event_at), page_of(run))  # type: ignore[attr-defined]  # annotated
