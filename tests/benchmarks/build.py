"""The platform's own share of a build: wall time less model, sandbox and analyser time, in all and node by node.

The model answers at once; the sandbox, the analysers and the database are the real ones.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  Django must be set up first

from agentsite.accounts.models import User  # noqa: E402
from builds import engine, runner, services  # noqa: E402
from builds.agent.scripted.model import ScriptedModel  # noqa: E402
from builds.models.build import Build  # noqa: E402
from builds.models.run import Effect, RunEvent  # noqa: E402
from builds.workspace import stored_tree  # noqa: E402
from tests.stand_ins import scripts  # noqa: E402

BUILDS = 9
WARM_UP = 2
AFTERWARDS: list[float] = []
Interval = tuple[float, float]


def main() -> None:
    """Run the builds and print the figures."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_user(f"bench-{os.getpid()}")
    engine.sandbox()
    walls, shares, nodes = [], [], defaultdict(list)
    for number in range(BUILDS + WARM_UP):
        build, wall = one_build(user)
        if number < WARM_UP:
            continue
        effects = effect_times(build)
        walls.append(wall)
        shares.append(wall - covered(effects))
        for name, own in node_shares(build, effects).items():
            nodes[name].append(own)
    bare = bare_pytest(build)
    print_figures(walls, shares, nodes, bare)


def one_build(user: User) -> tuple[Build, float]:
    """Run one build; return it with its seconds from submission to its final status."""
    model = ScriptedModel(scripts.as_texts(scripts.GOOD_BUILD))
    started = time.time()
    build = services.submit_build(user=user, project_name="slugs", requirements=scripts.SLUGIFY_REQUEST)
    runner.run_next(run_id=build.run_id, engines=runner.Engines(model=lambda _name: model))
    build.refresh_from_db()
    assert build.verification == "verified", build.error_code
    assert build.completed_at is not None
    AFTERWARDS.append(time.time() - build.completed_at.timestamp())
    return build, build.completed_at.timestamp() - started


def effect_times(build: Build) -> list[Interval]:
    """Return when model, sandbox and analysers worked."""
    rows = Effect.objects.filter(run_id=build.run_id, finished_at__isnull=False)
    return [(row.created_at.timestamp(), row.finished_at.timestamp()) for row in rows if row.finished_at]


def covered(intervals: list[Interval]) -> float:
    """Return the seconds that lie in at least one interval."""
    total, end = 0.0, float("-inf")
    for start, stop in sorted(intervals):
        total += max(0.0, stop - max(start, end))
        end = max(end, stop)
    return total


def node_shares(build: Build, effects: list[Interval]) -> dict[str, float]:
    """Return each node's seconds less its effects."""
    own: dict[str, float] = {}
    for event in RunEvent.objects.filter(run_id=build.run_id, kind="node.finished").order_by("seq"):
        begun = RunEvent.objects.filter(run_id=build.run_id, kind="node.started", node=event.node).latest("seq")
        start, stop = begun.created_at.timestamp(), event.created_at.timestamp()
        inside = [(max(start, a), min(stop, b)) for a, b in effects if a < stop and b > start]
        own[event.node] = stop - start - covered(inside)
    return own


def bare_pytest(build: Build) -> float:
    """Return the median seconds of a plain pytest run of the same files, without a sandbox."""
    python = engine.sandbox() and Path(__file__).resolve().parents[2] / ".runtime/bin/python"
    times = []
    with tempfile.TemporaryDirectory() as folder:
        for path, text in stored_tree(build.id, 1).items():
            (Path(folder) / path).write_text(text)
        for _ in range(5):
            started = time.perf_counter()
            subprocess.run([str(python), "-m", "pytest", "-q"], cwd=folder, check=True, capture_output=True)
            times.append(time.perf_counter() - started)
    return statistics.median(times)


def print_figures(walls: list[float], shares: list[float], nodes: dict[str, list[float]], bare: float) -> None:
    """Print medians."""
    wall, share = statistics.median(walls), statistics.median(shares)
    write = sys.stdout.write
    write(f"whole build, median of {len(walls)}          {wall * 1000:8.1f} ms\n")
    write(f"bare pytest of the same files       {bare * 1000:8.1f} ms   whole build is {wall / bare:.2f} x\n")
    write(f"own share (aim: under 150 ms)       {share * 1000:8.1f} ms   {share / wall:.1%} of the build\n")
    write(f"worst own share                     {max(shares) * 1000:8.1f} ms\n")
    write(f"learning from it, once it has ended {statistics.median(AFTERWARDS) * 1000:8.1f} ms\n")
    for name, times in nodes.items():
        write(f"  {name:<33} {statistics.median(times) * 1000:8.1f} ms\n")


if __name__ == "__main__":
    main()
