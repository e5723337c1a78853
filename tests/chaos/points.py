"""A worker's end at every boundary between nodes and inside every node, one after the other, in a single build."""

import random
from itertools import zip_longest

from builds.models.run import RunEvent
from tests.chaos import history
from tests.chaos.ends import wait_until_final
from tests.chaos.installation import Installation
from tests.chaos.programs import Program
from tests.chaos.recovery import Recoveries, running
from tests.chaos.scale import Scale
from tests.chaos.slow_model import REPAIRS
from tests.chaos.traps import Point, traps
from tests.chaos.verdict import Verdict

EFFECTS = {
    "analyse": ("model.answered",),
    "plan": ("model.answered",),
    "generate": ("model.answered",),
    "test": ("tests.ran",),
    "repair": ("model.answered",),
    "review": ("analysis.finished",),
    "finalise": ("tests.ran", "reorder.ran", "control.ran"),
}
"""Of two that come side by side one: the other may be stored before or after it."""
NOWHERE = Point("", "")
END_SECONDS = 60.0


def points() -> list[Point]:
    """Return before a build's begin, each node's start, each of its results and its end, and the build's end."""
    found = [Point("build.started", "")]
    for node in dict.fromkeys(history.path_of(REPAIRS)):
        kinds = ("node.started", *EFFECTS.get(node, ()), "node.finished")
        found += [Point(kind, node) for kind in kinds]
    return [*found, Point("build.completed", "")]


def every_point(site: Installation, scale: Scale, chance: random.Random) -> Verdict:
    """Kill the worker at each point, just before it is committed; history says where the next one went on."""
    chosen = points()[chance.randrange(scale.every_point) :: scale.every_point]
    recoveries, broken = Recoveries(), list[str]()
    with traps(site.environment["DATABASE_URL"]) as laid:
        laid.set(chosen[0])
        name = f"{REPAIRS}-points"
        build = site.submit(name)
        for point, following in zip_longest(chosen, chosen[1:]):
            if not laid.wait_until_caught():
                broken.append(f"nobody came to {point}")
                break
            laid.set(following or NOWHERE)
            recoveries.kill(site, _only_holder(site))
            laid.hang_up()
    wait_until_final([build], END_SECONDS)
    rows: list[tuple[str, object]] = [
        ("points at which its worker was killed", recoveries.kills),
        *recoveries.rows(),
        ("model calls that arrived, for five answers", sum(site.model.asked(name).values())),
        ("nodes begun, of ten", RunEvent.objects.filter(run__build__id=build, kind="node.started").count()),
    ]
    return Verdict("points", rows, [*broken, *history.wrong([build], site.model.calls())])


def _only_holder(site: Installation) -> Program:
    """Return the worker that holds the only run.

    :raises LookupError: there is none.
    """
    for run in running():
        holder = site.holder_of(run.lease_owner)
        if holder is not None:
            return holder
    raise LookupError("nobody holds the build")
