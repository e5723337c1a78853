"""Judges a tree as the last node of the workflow does, through the real toolchain."""

from builds.agent import verdict
from builds.agent.nodes.sandboxed import compared
from builds.agent.state import State
from builds.agent.values import Tree
from builds.toolchains.python import PythonToolchain

SEED = 20_240_229


def judged(toolchain: PythonToolchain, tree: Tree) -> tuple[str, set[str]]:
    """Return the verification, and the reason of everything that does not hold."""
    clean_run = toolchain.run_tests(tree)
    state = State(clean_run=clean_run.model_dump(mode="json"), tree_hash="0" * 64)
    if clean_run.outcome == "passed":
        again = compared(clean_run, toolchain.run_tests(tree, seed=SEED))
        state["reorder"] = again.model_dump(mode="json")
        state["control"] = toolchain.negative_control(tree, seed=SEED).model_dump(mode="json")
    failing = {"tests.failing"} if clean_run.outcome == "failed" and not clean_run.reason else set()
    reports = (clean_run.model_dump(), state.get("reorder", {}), state.get("control", {}))
    return verdict.verification(state), failing | {str(report.get("reason", "")) for report in reports} - {""}
