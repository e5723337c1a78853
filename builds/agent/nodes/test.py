"""Sixth node: run the tests in the sandbox."""

from builds.agent.limits import reason_to_give_up
from builds.agent.nodes.sandboxed import run_tests
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.values import JsonDict, TestReport


def test(state: State, ports: Ports) -> State:
    """Read the current attempt; write its test report, and an error once repairing is pointless."""
    report = run_tests(state, ports, step=f"test.{state['attempt']}.run")
    stored = report.model_dump(mode="json")
    if report.outcome == "passed" or report.reason == "tests.none":
        return State(report=stored)
    failures = [*state["failures"], {"signature": signature(report), "tree_hash": state["tree_hash"]}]
    code = reason_to_give_up(failures=failures, repairs=state["repairs"], max_repairs=ports.limits.max_repairs)
    update = State(report=stored, failures=failures)
    if code:
        details: JsonDict = {"repairs": state["repairs"], "failing": len(failing(report)), "reason": report.reason}
        update["error"] = {"code": code, "details": details}
    return update


test.__test__ = False  # type: ignore[attr-defined]  # a node, not a test


def failing(report: TestReport) -> list[str]:
    """Return the ids of the tests that did not pass."""
    return [result.id for result in report.tests if result.outcome != "passed"]


def signature(report: TestReport) -> str:
    """Return what makes two failures the same: which tests failed, and how."""
    rows = [f"{result.id} {result.message}" for result in report.tests if result.outcome != "passed"]
    return "\n".join([report.reason, *sorted(rows)])[:4_000]
