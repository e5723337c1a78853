"""Last node: run the tests once more from the stored tree, judge them, and say what was proved."""

from builds.agent import verdict
from builds.agent.nodes.sandboxed import negative_control, run_tests
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.values import ControlReport, JsonDict, TestReport


def finalise(state: State, ports: Ports) -> State:
    """Read everything; write evidence, proofs and verification."""
    update = State() if "error" in state else _evidence(state, ports)
    judged = State(**{**state, **update})
    proofs = verdict.proofs(judged)
    found = verdict.verification(judged)
    ports.events.emit("verdict.reached", {"verification": found, "proofs": list(proofs)})
    return State(**{**update, "proofs": proofs, "verification": found})


def _evidence(state: State, ports: Ports) -> State:
    clean_run = run_tests(state, ports, step="finalise.1.clean_run")
    control = negative_control(state, ports) if clean_run.outcome == "passed" else _not_judged(clean_run)
    return State(clean_run=clean_run.model_dump(mode="json"), control=control.model_dump(mode="json"))


def _not_judged(clean_run: TestReport) -> ControlReport:
    return ControlReport(outcome="inconclusive", reason=clean_run.reason or "control.tests_failed")


def evidence_rows(state: State) -> list[JsonDict]:
    """Return what is to be kept as evidence: kind, passed, report and tools of each proof that was tried."""
    rows: list[JsonDict] = []
    for kind, name, good in (("clean_run", "clean_run", "passed"), ("negative_control", "control", "held")):
        report = state.get(name)
        if isinstance(report, dict):
            tools = report.get("tools") or {}
            rows.append({"kind": kind, "passed": report["outcome"] == good, "report": report, "tools": tools})
    return rows
