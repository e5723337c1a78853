"""Judges a tree as the last node of the workflow does, through the real toolchain."""

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from builds.agent import verdict
from builds.agent.nodes.sandboxed import compared, run_alone, with_reason
from builds.agent.ports import Toolchain
from builds.agent.state import State
from builds.agent.values import Example, Tree

SEED = 20_240_229
IN_GATE = 4
"""Of a long row of judgements the gate makes each fourth; ``script/test -m thorough`` makes the others."""


def rationed(cases: Iterable[Any]) -> list[Any]:
    """Mark all but each fourth case as thorough."""
    return [
        pytest.param(case, marks=pytest.mark.thorough) if place % IN_GATE else case for place, case in enumerate(cases)
    ]


def judged(toolchain: Toolchain, files: Tree, examples: Sequence[Example] = ()) -> tuple[str, set[str]]:
    """Return the verification, and the reason of everything that does not hold."""
    acceptance = toolchain.acceptance_tests(examples, files)
    tree, paths = {**files, **acceptance}, sorted(acceptance)
    clean_run = toolchain.run_tests(tree)
    state = State(clean_run=clean_run.model_dump(mode="json"), tree_hash="0" * 64, acceptance_paths=paths)
    if acceptance:
        state["examples"] = [example.model_dump(mode="json") for example in examples]
        state["acceptance"] = with_reason(run_alone(toolchain, tree, paths), clean_run).model_dump(mode="json")
    if clean_run.outcome == "passed":
        again = compared(clean_run, toolchain.run_tests(tree, seed=SEED))
        state["reorder"] = again.model_dump(mode="json")
        state["control"] = toolchain.negative_control(tree, seed=SEED).model_dump(mode="json")
    failing = {"tests.failing"} if clean_run.outcome == "failed" and not clean_run.reason else set()
    others = (state.get("acceptance", {}), state.get("reorder", {}), state.get("control", {}))
    reports = (clean_run.model_dump(), *others)
    return verdict.verification(state), failing | {str(report.get("reason", "")) for report in reports} - {""}
