"""Judges the record of one run: what it proves, or why it proves nothing."""

from typing import Any, Literal

from builds.agent.values import FileCoverage, TestReport, TestResult, Tree
from builds.toolchains.record import MAX_TESTS, Record, RecordedTest
from builds.toolchains.running import Driver, TestRun

COMPLETE_EXIT_CODES = {0, 1, 5}
"""All passed, some failed, nothing collected (pytest); the others mean that the test runner itself was stopped."""


def report_of(run: TestRun, tree: Tree, driver: Driver, sandbox_name: str, *, seed: int = 0) -> TestReport:
    """Turn a run into what it proves."""
    record = run.record
    finish = record.finish if record is not None else None
    how: dict[str, Any] = {
        "duration_seconds": run.result.duration_seconds,
        "command": (*driver.command, *(finish.arguments if finish else ())),
        "tools": {**(finish.tools if finish else {}), "sandbox": sandbox_name},
        "seed": seed,
        "hash_seed": driver.hash_seed,
    }
    if record is None:
        return TestReport(outcome="broken", reason=run.reason, **how)
    outcome, reason, detail = judge(record)
    coverage = _coverage(record, tree)
    return TestReport(
        outcome=outcome,
        reason=reason,
        detail=detail,
        exit_code=record.exit_code,
        tests=tuple(map(_result, record.tests)),
        coverage=coverage,
        coverage_percent=coverage_percent(coverage),
        output=record.output,
        **how,
    )


def judge(record: Record) -> tuple[Literal["passed", "failed", "broken"], str, str]:
    """Return outcome, dotted reason and detail: only a complete run in which each test passed is a pass."""
    broken = _broken(record)
    if broken is not None:
        return "broken", *broken
    outcomes = {test.outcome for test in record.tests}
    if outcomes & {"failed", "error"}:
        return "failed", "", ""
    if "skipped" in outcomes:
        return "failed", "tests.skipped", ", ".join(_ids(record, "skipped"))
    return ("passed", "", "") if record.exit_code == 0 else ("broken", "tests.incomplete", "")


def _broken(record: Record) -> tuple[str, str] | None:
    """Return reason and detail when the run proves nothing, the plainest reason first."""
    finish, count = record.finish, len(record.tests)
    is_complete = finish is not None and finish.exit_code in COMPLETE_EXIT_CODES
    checks = (
        (bool(record.reason), f"tests.{record.reason}", record.detail or record.current),
        (not is_complete, "tests.no_record", record.current),
        (finish is not None and finish.exit_code != record.exit_code, "tests.forged", ""),
        (record.collected > MAX_TESTS, "tests.too_many", str(record.collected)),
        (record.collected == 0, "tests.none", ""),
        (record.collected != count, "tests.incomplete", f"{count} / {record.collected}"),
    )
    return next(((reason, detail) for is_so, reason, detail in checks if is_so), None)


def coverage_percent(coverage: dict[str, FileCoverage]) -> float | None:
    """Return the share of all statements that ran; None without statements."""
    statements = sum(file.statements for file in coverage.values())
    covered = sum(file.covered for file in coverage.values())
    return round(100 * covered / statements, 1) if statements else None


def _ids(record: Record, outcome: str) -> list[str]:
    return [test.id for test in record.tests if test.outcome == outcome][:10]


def _result(test: RecordedTest) -> TestResult:
    return TestResult(**test.model_dump(exclude={"functions"}))


def _coverage(record: Record, tree: Tree) -> dict[str, FileCoverage]:
    """Take the counts of the project's own files only."""
    if record.finish is None:
        return {}
    return {
        path: FileCoverage(statements=file.statements, covered=min(file.covered, file.statements), missing=file.missing)
        for path, file in sorted(record.finish.coverage.items())
        if path in tree
    }
