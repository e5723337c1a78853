"""The negative control: a test that passes although the code does nothing proves nothing.

Three runs: one notes which functions each test reaches, in one every function that a test calls raises, in one they
return ``undefined``. A test is sensitive when it fails in one of the last two: ``assert.throws`` without a word about
what is thrown can't tell a stub's error from the right one. At least half of the tests must notice what is returned, so
that code which makes every assertion hold is found out.
"""

import time
from concurrent.futures import ThreadPoolExecutor

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import ControlReport, SandboxLimits, Tree
from builds.toolchains.javascript.testing import Mode, run_driver
from builds.toolchains.python.control import CODES, REQUIRED_PERCENT
from builds.toolchains.python.record import Record
from builds.toolchains.python.testing import TestRun, judge

REQUIRED_NEUTRAL_PERCENT = 50.0


def negative_control(
    sandbox: Sandbox, tree: Tree, limits: SandboxLimits, *, is_cancelled: IsCancelled
) -> ControlReport:
    """Run the tests on code that tells what is called, and twice on code that does nothing, side by side."""
    started = time.monotonic()

    def run(mode: Mode) -> TestRun:
        return run_driver(sandbox, tree, mode, limits, is_cancelled=is_cancelled)

    with ThreadPoolExecutor(3) as pool:
        marked, raising, neutral = pool.map(run, ("mark", "raise", "neutral"))
    report = _compare(marked, raising, neutral)
    return report.model_copy(update={"duration_seconds": time.monotonic() - started})


def _compare(*runs: TestRun) -> ControlReport:
    for run in runs:
        reason = _unusable(run)
        if reason:
            return ControlReport(outcome="inconclusive", reason=reason)
    marked, raising, neutral = [run.record for run in runs if run.record is not None]
    return judge_control(marked, raising, neutral)


def _unusable(run: TestRun) -> str:
    """Return why a run says nothing about single tests; empty when it does."""
    if run.record is None:
        return CODES.get(run.reason, "control.no_record")
    outcome, reason, _ = judge(run.record)
    return CODES.get(reason, "control.no_record") if outcome == "broken" else ""


def judge_control(marked: Record, raising: Record, neutral: Record) -> ControlReport:
    """Compare the runs test by test."""
    passed = [test for test in marked.tests if test.outcome == "passed"]
    if not passed:
        return ControlReport(outcome="inconclusive", reason="control.no_passing_tests")
    if len(passed) < len(marked.tests):
        return ControlReport(outcome="inconclusive", reason="control.tests_failed")  # they passed before
    if not marked.functions:
        return ControlReport(outcome="inconclusive", reason="control.no_functions")
    still_pass = [{test.id for test in record.tests if test.outcome == "passed"} for record in (raising, neutral)]
    sensitive = [test for test in passed if not all(test.id in names for names in still_pass)]
    reached = {name for test in sensitive for name in test.functions}
    percent = round(100 * len(sensitive) / len(passed), 1)
    neutral_percent = 100 * sum(test.id not in still_pass[1] for test in passed) / len(passed)
    uncovered = tuple(name for name in marked.functions if name not in reached)
    reason = _reason(percent, neutral_percent, uncovered)
    return ControlReport(
        outcome="failed" if reason else "held",
        reason=reason,
        sensitive=tuple(test.id for test in sensitive),
        insensitive=tuple(test.id for test in passed if test not in sensitive),
        uncovered_functions=uncovered,
        sensitivity_percent=percent,
    )


def _reason(percent: float, neutral_percent: float, uncovered: tuple[str, ...]) -> str:
    if percent < REQUIRED_PERCENT or neutral_percent < REQUIRED_NEUTRAL_PERCENT:
        return "control.insensitive_tests"
    return "control.uncovered_functions" if uncovered else ""
