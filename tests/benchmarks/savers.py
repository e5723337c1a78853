"""What keeping each node's state costs: our fenced saver beside LangGraph's own for SQLite or PostgreSQL, in one run.

The graph has a build's nodes and carries a real build's state; each node tells as much as a build's node does. Ours
keeps that in the same transaction, with theirs it is one of its own before the checkpoint. Uses DATABASE_URL.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
django.setup()

from django.core.management import call_command  # noqa: E402  Django must be set up first
from django.db import connection, connections, transaction  # noqa: E402
from langgraph.graph import END, START, StateGraph  # noqa: E402

from agentsite.accounts.models import User  # noqa: E402
from builds import runner, services  # noqa: E402
from builds.agent.graph import NODES  # noqa: E402
from builds.agent.scripted.model import ScriptedModel  # noqa: E402
from builds.agent.state import State  # noqa: E402
from builds.models.build import Build  # noqa: E402
from builds.models.run import Run  # noqa: E402
from builds.runs import events  # noqa: E402
from builds.runs.checkpoint import RunSaver  # noqa: E402
from builds.runs.claim import claim_next  # noqa: E402
from builds.runs.progress import progress_of  # noqa: E402
from tests.stand_ins import scripts  # noqa: E402

ROUNDS, WARM_UP = 40, 4
PACKAGES = {"sqlite": "langgraph-checkpoint-sqlite", "postgresql": "langgraph-checkpoint-postgres"}
Way = Callable[[Mapping[str, Any], int], float]


def main() -> None:
    """Run every way in turn, so that a busy moment meets all of them, and print medians."""
    call_command("migrate", verbosity=0)
    user = User.objects.create_user(f"bench-{uuid.uuid4().hex[:8]}")
    state, told = real_build(user)
    with stock_saver() as stock:
        ways: dict[str, Way] = {
            "no saver": lambda state, _: run_graph(state, None),
            "ours, state and events": lambda state, told: with_ours(user, state, told),
            "LangGraph's, state alone": lambda state, _: run_graph(state, stock),
            "LangGraph's, state, then events": lambda state, told: with_stock(user, state, told, stock),
        }
        seconds: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(ROUNDS + WARM_UP):
            for name, way in ways.items():
                seconds[name].append(way(state, told))
    print_figures({name: statistics.median(taken[WARM_UP:]) for name, taken in seconds.items()}, state, told)


def real_build(user: User) -> tuple[Mapping[str, Any], int]:
    """Run one build; return its state at the end and how many events each node told."""
    model = ScriptedModel(scripts.as_texts(scripts.GOOD_BUILD))
    build = services.submit_build(user=user, project_name="slugs", requirements=scripts.SLUGIFY_REQUEST)
    runner.run_next(run_id=build.run_id, engines=runner.Engines(model=lambda _name: model))
    run = Run.objects.get(id=build.run_id)
    reached = progress_of(run)
    assert run.state == "completed"
    assert reached is not None
    return cast("Mapping[str, Any]", reached.state), round(run.last_seq / len(NODES))


@contextmanager
def stock_saver() -> Iterator[Any]:
    """Install LangGraph's saver for this engine in a folder that is thrown away, and open it."""
    with tempfile.TemporaryDirectory() as folder:
        install = [sys.executable, "-m", "pip", "install", "-q", "--target", folder, PACKAGES[connection.vendor]]
        subprocess.run(install, check=True, capture_output=True)
        sys.path.append(folder)  # last, so that everything else stays what it was
        if connection.vendor == "sqlite":
            from langgraph.checkpoint.sqlite import SqliteSaver  # type: ignore[import-not-found]

            opened = SqliteSaver.from_conn_string(str(Path(folder, "checkpoints.sqlite3")))
        else:
            from langgraph.checkpoint.postgres import PostgresSaver  # type: ignore[import-not-found]

            opened = PostgresSaver.from_conn_string(os.environ["DATABASE_URL"])
        with opened as saver:
            saver.setup()
            yield saver


def with_ours(user: User, state: Mapping[str, Any], told: int) -> float:
    """Run the graph under a claim of a build of its own."""
    build = new_build(user)
    claim = claim_next("bench", run_id=build.run_id)
    assert claim is not None
    taken = run_graph(state, RunSaver(claim, lambda: [events.NewEvent("a.happened")] * told))
    Run.objects.filter(id=claim.run_id).delete()  # or its owner would soon have too many at once
    return taken


def with_stock(user: User, state: Mapping[str, Any], told: int, saver: Any) -> float:
    """Run the graph; its nodes write their events themselves."""
    build = new_build(user)

    def tell() -> None:
        with transaction.atomic():
            events.record(build.run_id, *[events.NewEvent("a.happened")] * told)
        connections.close_all()  # as our own saver does in the graph's threads

    return run_graph(state, saver, tell)


def new_build(user: User) -> Build:
    """Submit a build that nothing else takes."""
    return services.submit_build(user=user, project_name="slugs", requirements=scripts.SLUGIFY_REQUEST)


def run_graph(state: Mapping[str, Any], saver: Any, tell: Callable[[], None] = lambda: None) -> float:
    """Run a graph of a build's nodes that fill the state bit by bit; return its seconds."""
    graph = StateGraph(State)
    shares: dict[str, dict[str, Any]] = {name: {} for name in NODES}
    for (key, value), name in zip(state.items(), cycle(NODES)):
        shares[name][key] = value
    for name, share in shares.items():
        graph.add_node(name, _node(share, tell))  # type: ignore[call-overload]
    for before, after in zip((START, *NODES), (*NODES, END), strict=True):
        graph.add_edge(before, after)
    config: Any = {"configurable": {"thread_id": uuid.uuid4().hex}}
    compiled = graph.compile(checkpointer=saver)
    started = time.perf_counter()
    compiled.invoke({"version": 1}, config, durability="sync" if saver else None)
    return time.perf_counter() - started


def _node(share: dict[str, Any], tell: Callable[[], None]) -> Callable[[State], dict[str, Any]]:
    def run(_state: State) -> dict[str, Any]:
        tell()
        return share

    return run


def print_figures(seconds: Mapping[str, float], state: Mapping[str, Any], told: int) -> None:
    """Print each way's cost per node, and how it stands to ours."""
    bare, ours = seconds["no saver"], seconds["ours, state and events"]
    write = sys.stdout.write
    write(f"{connection.vendor}, {len(NODES)} nodes, {len(str(state)):,} characters of state, {told} events a node\n")
    for name, taken in seconds.items():
        per_node = (taken - bare) / len(NODES) * 1000
        write(
            f"{name:<34}{taken * 1000:8.1f} ms a run{per_node:8.2f} ms a node{(taken - bare) / (ours - bare):8.2f} x\n"
        )


if __name__ == "__main__":
    main()
