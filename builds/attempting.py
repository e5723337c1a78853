"""One attempt at a claimed run of any kind: whatever happens, the run ends, waits, or goes back into the queue."""

import contextlib
import time
from collections.abc import Callable

import structlog
from django.db import DatabaseError, connections
from django.utils import timezone

from agentsite.accounts.runtime.table import AGENT_PROVIDER_WAIT_SECONDS
from agentsite.common.redaction import hide_own
from builds import stopping, watching
from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.endings import Ending, ending_of
from builds.models.run import Run
from builds.runs import governor, status
from builds.runs.claim import Claim
from builds.runs.errors import StaleFence
from builds.runs.heartbeat import Heartbeat

log = structlog.get_logger(__name__)
_WAITED_FOR = governor.PAUSING | {
    *("sandbox.unreachable", "sandbox.lost", "sandbox.busy"),
    "deployment.remote_away",
}
"""Faults of somebody else that may pass; while they last, a run is better set aside than failed."""
_HAND_BACK_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


def attempt(claim: Claim, heartbeat: Heartbeat, ending: Ending, work: Callable[[], None]) -> bool:
    """Do a run's work, which closes the run itself; say whether it got to its end.

    :raises StaleFence: another worker took the run over.
    :raises DatabaseError: the database is away, or refuses; see ``hand_back_later``.
    """
    try:
        with watching.attempt(claim):
            work()
    except Cancelled:
        _stopped(claim, heartbeat, ending)
    except TransientError as error:
        _wait_or_fail(claim, ending, error)
    except AgentError as error:
        _fail(ending, error.code, dict(error.details))
    except StaleFence:
        raise
    except DatabaseError:
        raise
    except Exception as error:  # noqa: BLE001  whatever broke, the run gets an end
        _broken(claim, ending, error)
    else:
        return True
    return False


def hand_back_later(claim: Claim) -> None:
    """Drop a run as soon as the database answers again; if that takes long, its lease runs out."""
    for pause in _HAND_BACK_PAUSES:
        connections.close_all()  # broken ones would stay broken
        time.sleep(pause)
        with contextlib.suppress(DatabaseError):
            with contextlib.suppress(StaleFence):
                if not status.drop(claim.run_id, claim.fence):
                    ending_of(claim.kind, claim.run_id, claim.fence).confirm_cancel()
            return


def _stopped(claim: Claim, heartbeat: Heartbeat, ending: Ending) -> None:
    if heartbeat.is_lost:
        raise StaleFence(str(claim.run_id))
    if heartbeat.is_cancelled:
        ending.confirm_cancel()
    elif stopping.is_stopping():
        _give_back(claim, ending)
    else:
        _fail(ending, *ending.lateness())


def _broken(claim: Claim, ending: Ending, error: Exception) -> None:
    if stopping.is_stopping():  # whatever broke, it broke because the process ends
        _give_back(claim, ending)
        return
    log.error("run.broken", exc_info=error)
    _fail(ending, "platform.error", {})


def _give_back(claim: Claim, ending: Ending) -> None:
    if not status.give_back(claim.run_id, claim.fence):
        ending.confirm_cancel()


def _wait_or_fail(claim: Claim, ending: Ending, error: TransientError) -> None:
    """Wait for a provider or a sandbox-runner that is overloaded or away, up to a limit; other faults end the run."""
    seconds = error.retry_after_seconds
    since = Run.objects.values_list("waiting_since", flat=True).get(id=claim.run_id)
    waited = (timezone.now() - since).total_seconds() if since else 0.0
    may_wait = seconds is not None and waited + seconds <= AGENT_PROVIDER_WAIT_SECONDS.now()
    if error.code not in _WAITED_FOR or seconds is None or not may_wait:
        _fail(ending, error.code, dict(error.details))
        return
    log.info("run.waiting", code=error.code, seconds=round(seconds))
    if not ending.wait(error.code, seconds):
        ending.confirm_cancel()


def _fail(ending: Ending, code: str, details: dict[str, object]) -> None:
    log.info("run.failed", code=code)
    ending.fail(code, hide_own(details))
