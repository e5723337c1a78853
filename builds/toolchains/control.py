"""The negative control: a test that passes although the code does nothing, or something wrong, proves nothing.

In each session the project's functions get other code: one that only notes who is called, stubs that raise, stubs that
return nothing or zero, stubs that return what is neither, and mutants, each with one small mistake. A test is sensitive
when it notices the stubs that raise, and also one of the others.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

from builds.agent.values import ControlReport, SandboxLimits, Sensitivity
from builds.toolchains.judging import COMPLETE_EXIT_CODES, judge
from builds.toolchains.record import Record, RecordedSession
from builds.toolchains.running import Orders, TestRun

REQUIRED_PERCENT = 80.0
REQUIRED_MUTANTS_PERCENT = 30.0
"""Some mutants change nothing that can be seen, so only a small share has to be noticed."""
FEW_MUTANTS = 5
"""Below this many the share says nothing."""
MUTANTS = 16
MUTANTS_TIME_SHARE = 0.4
MAX_LISTED = 300
MAX_SURVIVORS = 20
SESSIONS = (("mark", "raise", "neutral"), ("mark", "contrary"))
"""Two sandboxes run side by side, each with its own share of the mutants."""
NOTICED = frozenset({"failed", "error", "skipped"})
"""A mutant that makes a test crash was not noticed by looking, so for mutants only failed comparisons count."""
CODES = {
    "tests.timeout": "control.timeout",
    "tests.none": "control.no_passing_tests",
    "tests.tampered": "tests.tampered",
    "tests.rewritten": "tests.rewritten",
}


def negative_control(run: Callable[[Orders], TestRun], limits: SandboxLimits, *, seed: int) -> ControlReport:
    """Run all sessions and compare them.

    :param run: runs the tests of the tree in a sandbox, as ordered.
    :raises Cancelled: the run was asked to stop.
    """
    started = time.monotonic()
    orders = [
        Orders(
            seed=seed,
            sessions=sessions,
            mutants=MUTANTS,
            part=(part, len(SESSIONS)),
            mutant_seconds=limits.wall_seconds * MUTANTS_TIME_SHARE,
        )
        for part, sessions in enumerate(SESSIONS)
    ]
    with ThreadPoolExecutor(len(SESSIONS)) as pool:
        report = _compare(list(pool.map(run, orders)))
    return report.model_copy(update={"seed": seed, "duration_seconds": time.monotonic() - started})


def _compare(runs: list[TestRun]) -> ControlReport:
    reason = next(filter(None, map(_unusable, runs)), "")
    if reason:
        return ControlReport(outcome="inconclusive", reason=reason)
    return judge_control([run.record for run in runs if run.record is not None])


def _unusable(run: TestRun) -> str:
    """Return why a run says nothing about single tests; empty when it does."""
    if run.record is None:
        return CODES.get(run.reason, "control.no_record")
    record = run.record
    is_complete = record.finish is not None and record.finish.exit_code in COMPLETE_EXIT_CODES
    if record.reason or not is_complete or record.collected == 0:
        return CODES.get(judge(record)[1], "control.no_record")
    return ""


def judge_control(records: list[Record]) -> ControlReport:
    """Compare the sessions test by test."""
    first, sessions = records[0], [session for record in records for session in record.sessions]
    on_marked_code = [session for session in sessions if session.kind == "mark"]
    marked = max(on_marked_code, key=lambda session: len(session.results), default=None)
    passed = [name for name, outcome in marked.results.items() if outcome == "passed"] if marked else []
    if marked is None or not passed:
        return ControlReport(outcome="inconclusive", reason="control.no_passing_tests")
    if any(set(session.results.values()) != {"passed"} for session in on_marked_code):
        return ControlReport(outcome="inconclusive", reason="control.tests_failed")  # they passed before
    if not first.functions:
        return ControlReport(outcome="inconclusive", reason="control.no_functions")
    by_test = _by_test(passed, sessions)
    sensitive = [name for name in passed if is_sensitive(by_test[name])]
    contrary = _noticing(session for session in sessions if session.kind == "contrary")
    reached = {function for name in sensitive if contrary[name] for function in marked.functions.get(name, ())}
    report = ControlReport(
        outcome="held",
        sensitive=tuple(sensitive),
        insensitive=tuple(name for name in passed if name not in set(sensitive)),
        uncovered_functions=tuple(name for name in first.functions if name not in reached),
        sensitivity_percent=round(100 * len(sensitive) / len(passed), 1),
        by_test={name: by_test[name] for name in passed[:MAX_LISTED]},
        suspicious=(*first.tripwires, *(f"{name} returns what equals everything" for name in marked.odd)),
        tools=first.finish.tools if first.finish else {},
    )
    report = report.model_copy(update=_mutants(records, sessions))
    reason = _reason(report)
    return report.model_copy(update={"outcome": "failed", "reason": reason}) if reason else report


def is_sensitive(noticed: Sensitivity) -> bool:
    """Say whether a test looks at the code: that it is called, and what it does.

    A test that expects nothing can't notice stubs that return nothing; it notices those that return something, or a
    mutant.
    """
    return noticed.raising and (noticed.neutral or noticed.mutants > 0)


def _by_test(passed: list[str], sessions: list[RecordedSession]) -> dict[str, Sensitivity]:
    raising = _noticing(session for session in sessions if session.kind == "raise")
    neutral = _noticing(session for session in sessions if session.kind in {"neutral", "contrary"})
    mutants = _noticing((session for session in sessions if session.kind == "mutant"), {"failed"})
    return {
        name: Sensitivity(raising=raising[name] > 0, neutral=neutral[name] > 0, mutants=mutants[name])
        for name in passed
    }


def _noticing(sessions: Iterable[RecordedSession], outcomes: frozenset[str] | set[str] = NOTICED) -> Counter[str]:
    return Counter(name for session in sessions for name, outcome in session.results.items() if outcome in outcomes)


def _mutants(records: list[Record], sessions: list[RecordedSession]) -> dict[str, object]:
    """Count the mutants that were tried; those in functions that no test runs are counted as uncovered functions."""
    tried = sorted((session for session in sessions if session.kind == "mutant"), key=lambda session: session.number)
    survived = [session.number for session in tried if set(session.results.values()) <= {"passed"}]
    known = records[0].mutants
    shown = [known[number] for number in survived[:MAX_SURVIVORS] if number < len(known)]
    return {
        "mutants_possible": records[0].mutants_possible,
        "mutants_run": len(tried),
        "mutants_killed": len(tried) - len(survived),
        "survivors": tuple(f"{mutant.path}:{mutant.line} {mutant.what}" for mutant in shown),
    }


def _reason(report: ControlReport) -> str:
    """Return the dotted code of what does not hold, the gravest first."""
    percent = report.sensitivity_percent or 0.0
    killed = 100 * report.mutants_killed / report.mutants_run if report.mutants_run else 100.0
    checks = (
        (bool(report.suspicious), "control.suspicious_code"),
        (percent < REQUIRED_PERCENT, "control.insensitive_tests"),
        (bool(report.uncovered_functions), "control.uncovered_functions"),
        (report.mutants_run >= FEW_MUTANTS and killed < REQUIRED_MUTANTS_PERCENT, "control.mutants_survive"),
        (report.mutants_run > 1 and not report.mutants_killed, "control.mutants_survive"),
    )
    return next((code for is_so, code in checks if is_so), "")
