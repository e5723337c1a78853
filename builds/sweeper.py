"""Looking after what nobody holds: waiting runs are announced again, hopeless ones closed, dead sandboxes removed."""

import structlog
from django.db import DatabaseError
from django.db.models.functions import Now

from builds import endings, library
from builds.models.run import Run
from builds.runs import queue
from builds.runs.claim import MAX_ATTEMPTS, fairest
from builds.runs.errors import StaleFence
from builds.runs.lanes import LANES, WORK, Lane
from builds.sandbox.housekeeping import remove_orphans
from builds.states import State

log = structlog.get_logger(__name__)


def sweep() -> None:
    """Tidy up after killed workers, close runs that were cancelled or tried too often, and announce waiting ones.

    What builds taught and a kill kept out of memory is put there.
    """
    removed = remove_orphans()
    if removed:
        log.info("sweep.tidied", count=len(removed))
    abandoned = Run.objects.filter(state=State.RUNNING, lease_expires_at__lt=Now())
    for run in abandoned.filter(cancel_requested_at__isnull=False):
        _close(run, cancelled=True)
    for run in abandoned.filter(attempts__gte=MAX_ATTEMPTS, cancel_requested_at__isnull=True):
        _close(run, cancelled=False)
    for lane in LANES.values():
        if has_work(lane):
            queue.announce(lane)
    library.remember_waiting()


def has_work(lane: Lane = WORK) -> bool:
    """Say whether a worker that asked now could get something to do in a lane."""
    return fairest(lane).exists()


def _close(run: Run, *, cancelled: bool) -> None:
    ending = endings.ending_of(run.kind, run.id, run.fence)
    try:
        if cancelled:
            ending.confirm_cancel()
        else:
            ending.fail(ending.worn_out, {})
    except StaleFence:
        log.info("sweep.came_back", run_id=str(run.id))
    except DatabaseError:  # one that can't be closed must not keep the others open
        log.exception("sweep.not_closed", run_id=str(run.id))
