"""How far a run came, read from its last checkpoint without the library that wrote it."""

from dataclasses import dataclass
from typing import cast

from builds.agent.edges import first_node
from builds.agent.state import State
from builds.models.run import Run

VERSION = 1
_LASTING = {"base", "analysis", "examples", "acceptance_paths"}
_BRANCH = "branch:to:"
"""How LangGraph names the channel that calls a node."""


@dataclass(frozen=True)
class Progress:
    """How far a run came: the state, and the node that has not ended; empty at the workflow's end."""

    state: State
    next_node: str


def progress_of(run: Run) -> Progress | None:
    """Return how far a run came, or is to begin; None for one that begins with nothing and has not begun."""
    stored = run.graph_state
    if stored.get("version") != VERSION or "lasting" in stored:
        return None
    values = {} if "start" in stored else stored["checkpoint"]["channel_values"]
    start = stored.get("start") or values.get("__start__")
    if start:
        return Progress(cast("State", start), first_node(start))
    waiting = [name.removeprefix(_BRANCH) for name in values if name.startswith(_BRANCH)]
    known = {name: value for name, value in values.items() if name in State.__annotations__}
    return Progress(cast("State", known), waiting[0] if waiting else "")


def lasting_state(run: Run) -> State:
    """Return what later builds take over from a run, however long ago it ended."""
    reached = progress_of(run)
    known = reached.state if reached else run.graph_state.get("lasting", {})
    return cast("State", {name: value for name, value in known.items() if name in _LASTING})


def shrink(run: Run) -> None:
    """Keep of an old run's state only what later builds take over."""
    run.graph_state = {"version": VERSION, "lasting": lasting_state(run)}
    run.save(update_fields=["graph_state"])


def begin_with(run: Run, state: State) -> None:
    """Let a run that nobody has claimed begin with a state of its own."""
    run.graph_state = {"version": VERSION, "start": state}
    run.save(update_fields=["graph_state"])
