"""Redis away, and PostgreSQL restarted, in the middle of submissions and builds."""

import random
import signal
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx
from django.db import connections

from tests.chaos import history
from tests.chaos.ends import wait_until_final
from tests.chaos.followers import Follower, following, problems
from tests.chaos.installation import Installation
from tests.chaos.recovery import running
from tests.chaos.scale import Scale
from tests.chaos.slow_model import GOOD
from tests.chaos.verdict import Verdict

END_SECONDS, CATCH_UP_SECONDS = 120.0, 20.0
BETWEEN_SECONDS = 1.0
LONGEST_SUBMISSION = 2.0
"""Somebody who submits while Redis is away should hardly notice."""
LONG_ENOUGH = 15.0
"""For a build to end, if work goes on."""


def redis_away(site: Installation, scale: Scale, _chance: random.Random) -> Verdict:
    """Stop Redis under builds and submit more; all are taken, work goes on, and pages catch up."""
    builds = [site.submit(f"{GOOD}-before-redis-{number}") for number in range(scale.submissions)]
    with following(site, builds) as pages:
        site.redis.kill()
        until, slowest = time.monotonic() + scale.away_seconds, 0.0
        for number in range(scale.submissions):
            started = time.monotonic()
            builds.append(site.submit(f"{GOOD}-without-redis-{number}"))
            slowest = max(slowest, time.monotonic() - started)
            time.sleep(BETWEEN_SECONDS)
        with following(site, builds[scale.submissions :]) as more:
            time.sleep(max(0.0, until - time.monotonic()))
            ended = len(history.ended(builds))
            site.redis.start()
            broken = _after(site, builds, [*pages, *more])
    if slowest > LONGEST_SUBMISSION:
        broken.append(f"a submission took {slowest:.1f} s")
    if scale.away_seconds > LONG_ENOUGH and not ended:
        broken.append("no build ended meanwhile")
    rows: list[tuple[str, object]] = [
        ("Redis away", f"{scale.away_seconds:.0f} s"),
        ("builds submitted before and meanwhile", len(builds)),
        ("slowest submission meanwhile", f"{slowest:.2f} s"),
        ("builds that ended meanwhile", ended),
        ("times that a page had to come back", sum(page.came_back for page in [*pages, *more])),
    ]
    return Verdict("redis", rows, broken)


@dataclass
class Refusals:
    """What people are told while the database is away."""

    told: list[str] = field(default_factory=list)
    slowest: float = 0.0
    broken: list[str] = field(default_factory=list)

    def ask(self, site: Installation, method: str, path: str, wanted: dict[str, str] | None = None) -> None:
        """Ask for something; the only right answer is that the database is away, and when to come back."""
        started = time.monotonic()
        try:
            answer = site.client.request(method, path, json=wanted)
        except httpx.HTTPError as error:
            self.broken.append(f"{method} {path}: {error!r}")
            return
        self.slowest = max(self.slowest, time.monotonic() - started)
        self.told.append(f"{method} {path}: {answer.status_code}")
        if answer.status_code != 503 or not answer.headers.get("Retry-After", "").isdigit():
            self.broken.append(f"{self.told[-1]}, Retry-After {answer.headers.get('Retry-After')}")
        elif path.startswith("/api/") and answer.json()["error"]["code"] != "platform.database_away":
            self.broken.append(f"{self.told[-1]} {answer.text}")


def postgresql_restarted(site: Installation, scale: Scale, chance: random.Random) -> Verdict:
    """Stop PostgreSQL under builds, ask for pages meanwhile, and start it again; no build is lost."""
    refusals, builds, hows, held = Refusals(), list[str](), list[str](), list[int]()
    for restart in range(scale.restarts):
        names = [f"{GOOD}-postgresql-{restart}-{number}" for number in range(scale.submissions)]
        builds += [site.submit(name) for name in names]
        with following(site, builds[-len(names) :]) as pages:
            time.sleep(chance.uniform(1.0, 3.0))
            held.append(running().count())
            hows.append(_restart(site, chance, refusals))
            refusals.broken += _after(site, builds, pages)
    rows: list[tuple[str, object]] = [
        ("restarts", ", ".join(hows)),
        ("builds under them", len(builds)),
        ("builds that ran when it went away", ", ".join(map(str, held))),
        ("answers while it was away", len(refusals.told)),
        ("slowest of them", f"{refusals.slowest:.1f} s"),
    ]
    missed = [] if all(held) else ["it went away while nothing ran"]
    return Verdict("postgresql", rows, [*refusals.broken, *missed])


def _restart(site: Installation, chance: random.Random, refusals: Refusals) -> str:
    how = chance.choice((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
    site.postgresql.end(how)
    connections.close_all()
    wanted = {"project_name": "refused", "requirements": "Never taken"}
    asked = (("GET", "/builds/", None), ("GET", "/api/v1/builds/", None), ("POST", "/api/v1/builds/", wanted))
    with ThreadPoolExecutor(len(asked)) as pool:
        list(pool.map(lambda each: refusals.ask(site, *each), asked))
    site.postgresql.start()
    return how.name


def _after(site: Installation, builds: Sequence[str], pages: Sequence[Follower]) -> list[str]:
    """Return what is wrong once everything is there again."""
    wait_until_final(builds, END_SECONDS)
    missed = problems(pages, CATCH_UP_SECONDS)
    return [*history.wrong(builds, site.model.calls()), *missed]
