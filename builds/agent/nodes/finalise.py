"""Last node: run the tests once more from the stored tree, judge them, and say what was proved."""

import os
from concurrent.futures import ThreadPoolExecutor

from builds.agent import verdict
from builds.agent.nodes.sandboxed import negative_control, reorder, run_examples, run_tests, with_reason
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.values import ControlReport, JsonDict, TestReport

KINDS = (
    ("clean_run", "clean_run", "passed"),
    ("acceptance", "acceptance", "passed"),
    ("reorder", "reorder", "held"),
    ("negative_control", "control", "held"),
)
"""Kind of evidence, where the state has its report, and the outcome that is good."""


def finalise(state: State, ports: Ports) -> State:
    """Read everything; write evidence, proofs and verification."""
    update = State() if "error" in state else _evidence(state, ports)
    judged = State(**{**state, **update})
    proofs = verdict.proofs(judged)
    found = verdict.verification(judged)
    ports.events.emit("verdict.reached", {"verification": found, "proofs": list(proofs)})
    return State(**{**update, "proofs": proofs, "verification": found})


def _evidence(state: State, ports: Ports) -> State:
    clean_run, tested = _tested(state, ports)
    if clean_run.outcome != "passed":
        return State(**tested, control=not_judged(clean_run).model_dump(mode="json"))
    again = reorder(state, ports, clean_run)
    control = negative_control(state, ports)
    return State(**tested, reorder=again.model_dump(mode="json"), control=control.model_dump(mode="json"))


def not_judged(clean_run: TestReport) -> ControlReport:
    """Return the control of tests that don't pass to begin with."""
    return ControlReport(outcome="inconclusive", reason=clean_run.reason or "control.tests_failed")


def _tested(state: State, ports: Ports) -> tuple[TestReport, State]:
    """Run all tests, and the request's examples without the others; side by side if there are processors for both."""

    def run_all() -> TestReport:
        return run_tests(state, ports, step="finalise.1.clean_run")

    if not state.get("acceptance_paths"):
        clean_run = run_all()
        return clean_run, State(clean_run=clean_run.model_dump(mode="json"))
    with ThreadPoolExecutor(max_workers=min(2, os.cpu_count() or 1), thread_name_prefix="finalise") as pool:
        running = pool.submit(ports.in_thread, run_all)
        alone = pool.submit(ports.in_thread, lambda: run_examples(state, ports))
        clean_run, examples = running.result(), alone.result()
    examples = with_reason(examples, clean_run)
    dumped = State(clean_run=clean_run.model_dump(mode="json"), acceptance=examples.model_dump(mode="json"))
    return clean_run, dumped


def evidence_rows(state: State) -> list[JsonDict]:
    """Return what is to be kept as evidence: kind, passed, report and tools of each proof that was tried.

    With them goes what the verdict took from the build's history, which no run can show again.
    """
    rows: list[JsonDict] = []
    for kind, name, good in KINDS:
        report = state.get(name)
        if isinstance(report, dict):
            tools = report.get("tools") or {}
            rows.append({"kind": kind, "passed": report["outcome"] == good, "report": report, "tools": tools})
    return [*rows, _history(state)] if rows else []


def _history(state: State) -> JsonDict:
    found = verdict.independence(state)
    report: JsonDict = {
        "reason": found["reason"],
        "changed_tests": state.get("changed_tests", []),
        "lost_tests": state.get("lost_tests", False),
        "examples": state.get("examples", []),
    }
    return {"kind": found["kind"], "passed": found["status"] == "held", "report": report, "tools": {}}
