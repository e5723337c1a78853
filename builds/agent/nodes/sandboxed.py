"""Work in the sandbox, each piece once per run."""

import secrets
from collections.abc import Sequence

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Outcome, Ports, Toolchain
from builds.agent.state import State
from builds.agent.values import (
    AcceptanceReport,
    AnalysisReport,
    ControlReport,
    JsonDict,
    ReorderReport,
    TestReport,
    Tree,
)

MAX_SEED = 1 << 31
MAX_LISTED = 50


def run_tests(state: State, ports: Ports, *, step: str) -> TestReport:
    """Test the stored tree of the current attempt in a fresh sandbox."""

    def perform() -> Outcome:
        _stop_if_asked(ports)
        report = ports.toolchain.run_tests(
            ports.workspace.load(state["attempt"]), is_cancelled=ports.should_stop, on_output=ports.events.stream
        )
        return Outcome(report.model_dump(mode="json"), (("tests.ran", _told(report, state["attempt"])),))

    return TestReport.model_validate(ports.journal.once("sandbox", step, state["tree_hash"], perform))


def run_examples(state: State, ports: Ports) -> AcceptanceReport:
    """Test the request's examples in a fresh sandbox of their own."""
    paths = state["acceptance_paths"]

    def perform() -> Outcome:
        _stop_if_asked(ports)
        tree = ports.workspace.load(state["attempt"])
        report = run_alone(ports.toolchain, tree, paths, is_cancelled=ports.should_stop)
        return Outcome(report.model_dump(mode="json"), (("examples.ran", _told(report, state["attempt"])),))

    given = {"tree_hash": state["tree_hash"], "paths": list(paths)}
    return AcceptanceReport.model_validate(ports.journal.once("sandbox", "finalise.1.examples", given, perform))


def run_alone(
    toolchain: Toolchain, tree: Tree, paths: Sequence[str], *, is_cancelled: IsCancelled = lambda: False
) -> AcceptanceReport:
    """Run the server's own tests on the code; no other test file is in the sandbox, so none can meddle with them."""
    alone = {path: text for path, text in tree.items() if path in paths or not toolchain.is_test(path)}
    report = toolchain.run_tests(alone, is_cancelled=is_cancelled)
    return AcceptanceReport(**report.model_dump(), paths=tuple(paths))


def with_reason(alone: AcceptanceReport, clean_run: TestReport) -> AcceptanceReport:
    """Name why the examples don't hold: one fails, or one that ran among all tests did not run alone."""
    seen = {test.id for test in alone.tests}
    missing = [test.id for test in clean_run.tests if test.path in alone.paths and test.id not in seen]
    if alone.outcome == "failed" and not alone.reason:
        return alone.model_copy(update={"reason": "examples.failing"})
    if alone.outcome == "passed" and missing:
        lost = {"outcome": "failed", "reason": "examples.missing", "detail": ", ".join(missing[:MAX_LISTED])}
        return alone.model_copy(update=lost)
    return alone


def reorder(state: State, ports: Ports, clean_run: TestReport) -> ReorderReport:
    """Test the stored tree once more, in another order and with another hash seed."""

    def perform() -> Outcome:
        _stop_if_asked(ports)
        tree = ports.workspace.load(state["attempt"])
        again = ports.toolchain.run_tests(tree, seed=1 + secrets.randbelow(MAX_SEED), is_cancelled=ports.should_stop)
        report = compared(clean_run, again)
        told: JsonDict = {"outcome": report.outcome, "reason": report.reason, "flaky": list(report.flaky[:20])}
        return Outcome(report.model_dump(mode="json"), (("reorder.ran", {**told, "seed": report.seed}),))

    given = {"tree_hash": state["tree_hash"], "outcomes": [test.outcome for test in clean_run.tests]}
    return ReorderReport.model_validate(ports.journal.once("sandbox", "finalise.1.reorder", given, perform))


def compared(first: TestReport, again: TestReport) -> ReorderReport:
    """Say whether two runs of the same tests ended alike."""
    before, after = ({test.id: test.outcome for test in report.tests} for report in (first, again))
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    reason = again.reason if again.outcome == "broken" else "tests.flaky" if names else ""
    return ReorderReport(
        outcome="failed" if reason else "held",
        reason=reason,
        flaky=tuple(f"{name}: {before.get(name, '–')} → {after.get(name, '–')}" for name in names[:MAX_LISTED]),
        seed=again.seed,
        hash_seed=again.hash_seed,
        command=again.command,
        tools=again.tools,
        duration_seconds=again.duration_seconds,
    )


def negative_control(state: State, ports: Ports) -> ControlReport:
    """Test the same tests on stubbed and mutated code."""

    def perform() -> Outcome:
        _stop_if_asked(ports)
        tree = ports.workspace.load(state["attempt"])
        report = ports.toolchain.negative_control(
            tree, seed=secrets.randbelow(MAX_SEED), is_cancelled=ports.should_stop
        )
        return Outcome(report.model_dump(mode="json"), (("control.ran", _control_told(report)),))

    return ControlReport.model_validate(
        ports.journal.once("sandbox", "finalise.1.control", state["tree_hash"], perform)
    )


def analyse_code(state: State, ports: Ports) -> AnalysisReport:
    """Measure the code."""

    def perform() -> Outcome:
        _stop_if_asked(ports)
        coverage = TestReport.model_validate(state["report"]).coverage_percent
        tree = ports.workspace.load(state["attempt"])
        report = ports.toolchain.analyse(tree, coverage_percent=coverage, is_cancelled=ports.should_stop)
        told: JsonDict = {
            "quality_score": report.quality_score,
            "security_score": report.security_score,
            "tools_failed": dict(report.tools_failed),
            "duration_ms": round(report.duration_seconds * 1000),
        }
        return Outcome(report.model_dump(mode="json"), (("analysis.finished", told),))

    return AnalysisReport.model_validate(ports.journal.once("sandbox", "review.1.analyse", state["tree_hash"], perform))


def _stop_if_asked(ports: Ports) -> None:
    if ports.should_stop():
        raise Cancelled


def _told(report: TestReport, attempt: int) -> JsonDict:
    return {
        "attempt": attempt,
        "outcome": report.outcome,
        "reason": report.reason,
        "passed": sum(result.outcome == "passed" for result in report.tests),
        "total": len(report.tests),
        "coverage_percent": report.coverage_percent,
        "duration_ms": round(report.duration_seconds * 1000),
        "failing": [result.id for result in report.tests if result.outcome != "passed"][:20],
    }


def _control_told(report: ControlReport) -> JsonDict:
    return {
        "outcome": report.outcome,
        "reason": report.reason,
        "sensitivity_percent": report.sensitivity_percent,
        "insensitive": list(report.insensitive[:50]),
        "mutants": f"{report.mutants_killed} / {report.mutants_run}",
        "duration_ms": round(report.duration_seconds * 1000),
    }
