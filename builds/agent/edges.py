"""Where the workflow goes next: pure functions of the state."""

from typing import Literal

from builds.agent.state import State


def first_node(state: State) -> str:
    """Begin at the beginning, or where the build that this one goes on with stood."""
    return state.get("start_at", "analyse")


def after_test(state: State) -> Literal["review", "repair", "finalise"]:
    """Repair what fails, until it passes or repairing is pointless."""
    if "error" in state:
        return "finalise"
    report = state["report"]
    can_go_on = report["outcome"] == "passed" or report["reason"] == "tests.none"
    return "review" if can_go_on else "repair"
