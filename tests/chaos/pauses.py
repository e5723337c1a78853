"""Workers that are stopped for longer than their lease, and wake up when somebody else has taken over."""

import random
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from django.db.models.functions import Now

from builds.models.run import Effect, Run, RunEvent
from builds.runs.claim import LEASE
from tests.chaos import history
from tests.chaos.ends import wait_until_final
from tests.chaos.installation import Installation
from tests.chaos.programs import Program
from tests.chaos.scale import Scale
from tests.chaos.slow_model import GOOD
from tests.chaos.traps import Point, traps
from tests.chaos.verdict import Verdict

LOOK_SECONDS, PATIENCE_SECONDS, AWAKE_SECONDS = 0.02, 40.0, 2.0
SHORT_LEASE = timedelta(seconds=4)
IN_PLAN = Point("model.answered", "plan")


def paused(site: Installation, scale: Scale, _chance: random.Random) -> Verdict:
    """Stop a worker in a model call, and one in the middle of a transaction, until each has been replaced."""
    rows, broken = list[tuple[str, object]](), list[str]()
    for name, pause in (("model-call", _in_a_model_call), ("transaction", _in_a_transaction)):
        build = site.submit(f"{GOOD}-paused-in-{name}")
        started = time.monotonic()
        problems = pause(site, Run.objects.get(build__id=build), scale)
        rows.append((f"stopped in a {name.replace('-', ' ')}: replaced, ended and awake again", _since(started)))
        broken += [*problems, *history.wrong([build], site.model.calls())]
    return Verdict("paused", rows, broken)


def _in_a_model_call(site: Installation, run: Run, scale: Scale) -> list[str]:
    if not _wait(lambda: site.model.asked(run.build.project_name)["plan"] > 0):
        return ["its plan was never asked for"]
    worker = _holder(site, run)
    worker.send(signal.SIGSTOP)
    if not scale.waits_for_lease:
        _move_lease(run, timedelta(0))
    return _wake(worker, run)


def _in_a_transaction(site: Installation, run: Run, scale: Scale) -> list[str]:
    """The stopped worker holds the run's row, and the database can't know that it will never go on."""
    with traps(site.environment["DATABASE_URL"]) as laid:
        laid.set(IN_PLAN)
        if not _wait(lambda: site.model.asked(run.build.project_name)["plan"] > 0):
            return ["its plan was never asked for"]
        if not scale.waits_for_lease:
            _move_lease(run, SHORT_LEASE)
        if not laid.wait_until_caught():
            return ["nobody stored the plan"]
        worker = _holder(site, run)
        worker.send(signal.SIGSTOP)
    other = site.submit(f"{GOOD}-beside-paused")
    problems = [] if wait_until_final([other], PATIENCE_SECONDS) else ["nobody could work beside it"]
    return [*problems, *_wake(worker, run)]


def _wake(worker: Program, run: Run) -> list[str]:
    """Wake a stopped worker when its build has been ended by another one, and look whether it writes anything."""
    has_ended = wait_until_final([str(run.build.id)], LEASE.total_seconds() + PATIENCE_SECONDS)
    before = _written(run.id)
    worker.send(signal.SIGCONT)
    time.sleep(AWAKE_SECONDS)
    problems = [] if has_ended else ["nobody replaced it"]
    after = _written(run.id)
    problems += [f"{name} changed when it woke" for name in before if after[name] != before[name]]
    if not worker.is_running():
        problems.append("it ended")
    return problems


def _written(run: UUID) -> dict[str, object]:
    """Return whatever a worker can change, but for the time worked: whoever ended the run adds it up a little later."""
    row: dict[str, object] = {**Run.objects.values().get(id=run)}
    del row["worked_seconds"]
    counts = {rows.model.__name__: rows.filter(run=run).count() for rows in (RunEvent.objects, Effect.objects)}
    return {**row, **counts, "build": Run.objects.get(id=run).build.updated_at}


def _move_lease(run: Run, left: timedelta) -> None:
    Run.objects.filter(id=run.id).update(lease_expires_at=Now() + left)


def _holder(site: Installation, run: Run) -> Program:
    run.refresh_from_db(fields=["lease_owner"])
    holder = site.holder_of(run.lease_owner)
    if holder is None:
        raise LookupError("nobody holds the build")
    return holder


def _wait(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
    return True


def _since(started: float) -> str:
    return f"{time.monotonic() - started:.0f} s"
