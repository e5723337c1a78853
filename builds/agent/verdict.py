"""What was proved, from the evidence alone. Nothing here reads a model's opinion."""

from builds.agent.state import State
from builds.agent.values import AcceptanceReport, AnalysisReport, ControlReport, JsonDict, ReorderReport, TestReport


def verification(state: State) -> str:
    """Return ``verified``, ``partly`` or ``unverified``.

    Unverified: tests are missing, failing or were not run, or an example of the request does not hold by itself.
    Partly: they passed in a fresh sandbox, another proof does not hold. Verified: all proofs hold.
    """
    clean_run, again, control = _clean_run(state), _reorder(state), _control(state)
    if clean_run is None or clean_run.outcome != "passed" or not clean_run.tests:
        return "unverified"
    if state.get("acceptance_paths") and _examples(state)["status"] != "held":
        return "unverified"
    others = (again, control)
    is_proved = all(report is not None and report.outcome == "held" for report in others)
    return "verified" if is_proved and independence(state)["status"] == "held" else "partly"


def proofs(state: State) -> list[JsonDict]:
    """Return each proof with its figures, strongest first; status is ``held``, ``failed`` or ``missing``."""
    run = [_examples(state), _tests(state), independence(state), _clean(state), _order(state)]
    return [*run, _sensitivity(state), _mutants(state), _coverage(state), _analysis(state)]


def independence(state: State) -> JsonDict:
    """Say whether the tests are still those that were written without the code.

    A repair may be right that a test was wrong, so changed tests need another judge: the request's own examples.
    """
    changed = state.get("changed_tests", [])
    if state.get("lost_tests"):
        reason = "tests.removed_by_repair"
    elif changed and _examples(state)["status"] != "held":
        reason = "tests.changed_by_repair"
    else:
        reason = ""
    return {"kind": "independence", "status": "failed" if reason else "held", "reason": reason, "changed": changed}


def _last_report(state: State) -> TestReport | None:
    return _clean_run(state) or (TestReport.model_validate(state["report"]) if "report" in state else None)


def _clean_run(state: State) -> TestReport | None:
    return TestReport.model_validate(state["clean_run"]) if "clean_run" in state else None


def _acceptance(state: State) -> AcceptanceReport | None:
    return AcceptanceReport.model_validate(state["acceptance"]) if "acceptance" in state else None


def _reorder(state: State) -> ReorderReport | None:
    return ReorderReport.model_validate(state["reorder"]) if "reorder" in state else None


def _control(state: State) -> ControlReport | None:
    return ControlReport.model_validate(state["control"]) if "control" in state else None


def _outcomes(report: TestReport | None, paths: list[str], *, inside: bool) -> list[str]:
    return [test.outcome for test in (report.tests if report else ()) if (test.path in paths) is inside]


def _examples(state: State) -> JsonDict:
    """Believe only the run in which the model's tests were absent; from the others come figures, or a failure."""
    paths, alone = state.get("acceptance_paths", []), _acceptance(state)
    total = len(state.get("examples", [])) if paths else 0
    outcomes = _outcomes(alone or _last_report(state), paths, inside=True)
    passed = outcomes.count("passed")
    if alone is not None:
        status = "held" if alone.outcome == "passed" and passed == len(outcomes) == total else "failed"
    else:
        status = "failed" if passed < len(outcomes) else "missing"
    return {
        "kind": "examples",
        "status": status,
        "passed": passed,
        "total": total,
        "reason": alone.reason if alone else "",
    }


def _tests(state: State) -> JsonDict:
    outcomes = _outcomes(_last_report(state), state.get("acceptance_paths", []), inside=False)
    passed = outcomes.count("passed")
    status = "missing" if not outcomes else "held" if passed == len(outcomes) else "failed"
    return {"kind": "tests", "status": status, "passed": passed, "total": len(outcomes)}


def _clean(state: State) -> JsonDict:
    report = _clean_run(state)
    if report is None:
        return {"kind": "clean_run", "status": "missing"}
    return {
        "kind": "clean_run",
        "status": "held" if report.outcome == "passed" else "failed",
        "reason": report.reason,
        "tree_hash": state["tree_hash"],
    }


def _order(state: State) -> JsonDict:
    report = _reorder(state)
    if report is None:
        return {"kind": "reorder", "status": "missing"}
    status = "held" if report.outcome == "held" else "failed"
    return {"kind": "reorder", "status": status, "reason": report.reason, "flaky": list(report.flaky[:20])}


def _mutants(state: State) -> JsonDict:
    report = _control(state)
    if report is None or not report.mutants_run:
        return {"kind": "mutants", "status": "missing"}
    is_bad = report.reason == "control.mutants_survive"
    status = "failed" if is_bad else "held"
    return {"kind": "mutants", "status": status, "killed": report.mutants_killed, "total": report.mutants_run}


def _sensitivity(state: State) -> JsonDict:
    report = _control(state)
    if report is None:
        return {"kind": "sensitivity", "status": "missing"}
    status = {"held": "held", "failed": "failed", "inconclusive": "missing"}[report.outcome]
    return {
        "kind": "sensitivity",
        "status": status,
        "percent": report.sensitivity_percent,
        "reason": report.reason,
        "insensitive": list(report.insensitive[:50]),
        "uncovered_functions": list(report.uncovered_functions[:50]),
    }


def _coverage(state: State) -> JsonDict:
    report = _last_report(state)
    percent = report.coverage_percent if report else None
    return {"kind": "coverage", "status": "missing" if percent is None else "held", "percent": percent}


def _analysis(state: State) -> JsonDict:
    if "review" not in state:
        return {"kind": "analysis", "status": "missing"}
    report = AnalysisReport.model_validate(state["review"])
    return {
        "kind": "analysis",
        "status": "missing" if report.quality_score is None else "held",
        "quality": report.quality_score,
        "security": report.security_score,
    }
