"""The negative control: a test that passes although the code does nothing proves nothing.

Each function of the project first says its name to a hook. One run only notes which functions each test reaches; in the
other every function that a test calls raises, and a test that still passes is insensitive.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import ControlReport, SandboxLimits, Tree
from builds.toolchains.python.record import Record
from builds.toolchains.python.testing import Mode, TestRun, judge, run_driver

REQUIRED_PERCENT = 80.0
CODES = {"tests.timeout": "control.timeout", "tests.none": "control.no_passing_tests"}


def negative_control(
    sandbox: Sandbox, tree: Tree, limits: SandboxLimits, *, is_cancelled: IsCancelled
) -> ControlReport:
    """Run the tests on code that tells what is called, and on code that does nothing, side by side."""
    started = time.monotonic()

    def run(mode: Mode) -> TestRun:
        return run_driver(sandbox, tree, mode, limits, is_cancelled=is_cancelled)

    with ThreadPoolExecutor(2) as pool:
        marked, stubbed = pool.map(run, ("mark", "raise"))
    report = _compare(marked, stubbed)
    return report.model_copy(update={"duration_seconds": time.monotonic() - started})


def _compare(marked: TestRun, stubbed: TestRun) -> ControlReport:
    for run in (marked, stubbed):
        reason = _unusable(run)
        if reason:
            return ControlReport(outcome="inconclusive", reason=reason)
    assert marked.record is not None and stubbed.record is not None  # noqa: S101, PT018 (for mypy: just checked)
    return judge_control(marked.record, stubbed.record)


def _unusable(run: TestRun) -> str:
    """Return why a run says nothing about single tests; empty when it does."""
    if run.record is None:
        return CODES.get(run.reason, "control.no_record")
    outcome, reason, _ = judge(run.record)
    return CODES.get(reason, "control.no_record") if outcome == "broken" else ""


def judge_control(marked: Record, stubbed: Record) -> ControlReport:
    """Compare the two runs test by test."""
    passed = [test for test in marked.tests if test.outcome == "passed"]
    if not passed:
        return ControlReport(outcome="inconclusive", reason="control.no_passing_tests")
    if not marked.functions:
        return ControlReport(outcome="inconclusive", reason="control.no_functions")
    noticed = {test.id for test in stubbed.tests if test.outcome != "passed"}
    sensitive = [test for test in passed if test.id in noticed]
    reached = {name for test in sensitive for name in test.functions}
    percent = round(100 * len(sensitive) / len(passed), 1)
    uncovered = tuple(name for name in marked.functions if name not in reached)
    reason = _reason(percent, uncovered)
    return ControlReport(
        outcome="failed" if reason else "held",
        reason=reason,
        sensitive=tuple(test.id for test in sensitive),
        insensitive=tuple(test.id for test in passed if test.id not in noticed),
        uncovered_functions=uncovered,
        sensitivity_percent=percent,
    )


def _reason(percent: float, uncovered: tuple[str, ...]) -> str:
    if percent < REQUIRED_PERCENT:
        return "control.insensitive_tests"
    return "control.uncovered_functions" if uncovered else ""
