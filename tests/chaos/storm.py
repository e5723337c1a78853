"""Many builds, and every second or two the end of a worker that is busy with some."""

import random
import time

from builds.models.run import Run
from builds.runs.claim import MAX_ATTEMPTS
from tests.chaos import history
from tests.chaos.ends import wait_until_final
from tests.chaos.installation import Installation
from tests.chaos.programs import Program
from tests.chaos.recovery import Recoveries, running
from tests.chaos.scale import Scale
from tests.chaos.slow_model import GOOD, REPAIRS
from tests.chaos.verdict import Verdict

SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 2.0
STORM_SECONDS = 600.0
CALM_SECONDS = 180.0


def storm(site: Installation, scale: Scale, chance: random.Random) -> Verdict:
    """Kill workers until all builds have ended; they do end, because what was stored is not done again."""
    hang_ups = site.model_server.hang_ups
    builds = [site.submit(f"{GOOD if number % 3 else REPAIRS}-storm-{number}") for number in range(scale.builds)]
    recoveries, until = Recoveries(), time.monotonic() + STORM_SECONDS
    while recoveries.kills < scale.kills and time.monotonic() < until:
        if wait_until_final(builds, chance.uniform(SHORTEST_PAUSE, LONGEST_PAUSE)):
            break
        recoveries.look(site)
        victims = _victims(site)
        if victims:
            recoveries.kill(site, chance.choice(victims))
    wait_until_final(builds, CALM_SECONDS)
    return _verdict(site, builds, recoveries, site.model_server.hang_ups - hang_ups)


def _victims(site: Installation) -> list[Program]:
    """Return who holds builds, but for those with one that would be given up: five kills in a row wear it out."""
    held: dict[str, list[int]] = {}
    for run in running():
        held.setdefault(run.lease_owner, []).append(run.attempts)
    spared = {site.holder_of(owner) for owner, attempts in held.items() if max(attempts) >= MAX_ATTEMPTS - 1}
    holders = {site.holder_of(owner) for owner in held} - spared
    return [worker for worker in site.workers if worker in holders]


def _verdict(site: Installation, builds: list[str], recoveries: Recoveries, hang_ups: int) -> Verdict:
    calls = site.model.calls()
    costs = history.costs(builds, calls, hang_ups)
    holders = sorted(Run.objects.filter(build__id__in=builds).values_list("fence", flat=True))
    rows: list[tuple[str, object]] = [
        ("builds", len(builds)),
        ("workers killed", recoveries.kills),
        ("holders of one build, most", holders[-1]),
        *recoveries.rows(),
        ("model calls that arrived", costs.asked),
        ("answers stored and charged once", costs.stored),
        ("calls cut off before their answer was complete", costs.cut_off),
        ("complete answers lost before their commit", costs.lost),
    ]
    missed = [] if recoveries.kills else ["nobody was killed"]  # such a storm proves nothing
    return Verdict("storm", rows, [*history.wrong(builds, calls), *site.leftovers(), *missed])
