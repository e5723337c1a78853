"""A worker and the web server told to end, as a deployment does: work is handed back, pages are told to come again."""

import random
import signal
import time
from uuid import UUID

from builds.models.run import Run
from tests.chaos import history
from tests.chaos.ends import wait_until_final
from tests.chaos.followers import Follower, following, problems
from tests.chaos.installation import Installation
from tests.chaos.programs import Program
from tests.chaos.scale import Scale
from tests.chaos.slow_model import GOOD
from tests.chaos.verdict import Verdict

LOOK_SECONDS, PATIENCE_SECONDS, END_SECONDS, CATCH_UP_SECONDS = 0.02, 40.0, 120.0, 20.0
GRACE_SECONDS = {"worker": 60.0, "web": 20.0}
"""What docker-compose.yml gives each before it is killed."""
SERVICE_RESTART = 1012
"""Close code by RFC 6455's registry: come again."""


def drained(site: Installation, scale: Scale, _chance: random.Random) -> Verdict:
    """Tell the worker that holds a build to end, then the web server; whoever is left goes on at once."""
    builds = [site.submit(f"{GOOD}-drained-{number}") for number in range(max(2, scale.submissions))]
    rows, broken = list[tuple[str, object]](), list[str]()
    with following(site, builds) as pages:
        worker, held = _worker_with_builds(site)
        rows.append(("builds that the worker held", len(held)))
        broken += _end(worker, "worker", rows)
        broken += [f"{run} is still held by a worker that has gone" for run in _held_by(site, worker) & held]
        broken += _end(site.web, "web", rows)
        site.web.start()
        wait_until_final(builds, END_SECONDS)
        broken += [*_close_codes(pages, rows), *problems(pages, CATCH_UP_SECONDS)]
    worker.start()
    broken += history.wrong(builds, site.model.calls())
    return Verdict("drained", rows, broken)


def _worker_with_builds(site: Installation) -> tuple[Program, set[UUID]]:
    """Return the first worker that was given a model call to wait for, and what it holds.

    :raises LookupError: nobody took a build.
    """
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        for worker in site.workers:
            if held := _held_by(site, worker):
                return worker, held
        time.sleep(LOOK_SECONDS)
    raise LookupError("nobody took a build")


def _held_by(site: Installation, worker: Program) -> set[UUID]:
    owners = dict(Run.objects.exclude(lease_expires_at=None).values_list("id", "lease_owner"))
    return {run for run, owner in owners.items() if site.holder_of(owner) is worker}


def _end(program: Program, name: str, rows: list[tuple[str, object]]) -> list[str]:
    """Tell a program to end and note how long it took."""
    started = time.monotonic()
    program.send(signal.SIGTERM)
    code = program.wait(GRACE_SECONDS[name])
    rows.append((f"{name}: from the signal to its end", f"{time.monotonic() - started:.1f} s"))
    as_told = {0, -signal.SIGTERM}  # uvicorn closes everything and then lets the signal have its way
    return [] if code in as_told else [f"the {name} ended with {code}"]


def _close_codes(pages: list[Follower], rows: list[tuple[str, object]]) -> list[str]:
    codes = [code for page in pages for code in page.closed_with]
    rows.append(("pages that were told to come again", f"{len(codes)} of {len(pages)}"))
    others = [f"a page was closed with {code}" for code in codes if code != SERVICE_RESTART]
    return others if codes else ["no page was told to come again"]
