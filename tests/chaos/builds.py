"""What becomes of builds while workers, Redis and PostgreSQL are killed, stopped and restarted under them."""

import random
import time
from collections.abc import Callable, Iterator, Sequence

from tests.chaos import processes
from tests.chaos.installation import Installation, installed
from tests.chaos.scale import SCENARIOS, Scale
from tests.chaos.verdict import Verdict

Scenario = Callable[[Installation, Scale, random.Random], Verdict]


def run(scale: Scale, *, seed: int, only: Sequence[str] = ()) -> Iterator[Verdict]:
    """Run the scenarios, or some of them, in one installation; hand each one's verdict out as it comes."""
    processes.adopt_orphans()
    try:
        with installed(seed) as site:
            for name in only or SCENARIOS:
                yield _timed(_by_name()[name], site, scale, random.Random(seed))  # noqa: S311  no secret
    finally:
        processes.end_all_own()


def _timed(scenario: Scenario, site: Installation, scale: Scale, chance: random.Random) -> Verdict:
    started = time.monotonic()
    verdict = scenario(site, scale, chance)
    verdict.seconds = time.monotonic() - started
    return verdict


def _by_name() -> dict[str, Scenario]:
    """Import them once the tables can be looked at."""
    from tests.chaos.drains import drained
    from tests.chaos.outages import postgresql_restarted, redis_away
    from tests.chaos.pauses import paused
    from tests.chaos.points import every_point
    from tests.chaos.storm import storm

    return dict(zip(SCENARIOS, (every_point, redis_away, postgresql_restarted, paused, drained, storm), strict=True))
