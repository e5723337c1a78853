"""Runs the tests of a tree once and judges the record."""

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Literal

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import (
    FileCoverage,
    SandboxLimits,
    SandboxRequest,
    SandboxResult,
    TestReport,
    TestResult,
    Tree,
)
from builds.toolchains.python.layout import code_files
from builds.toolchains.python.record import MAX_TESTS, ProgressReader, Record, RecordedTest, read_record

DRIVER = ("/runtime/bin/python", "-s", "-P", "-B", "/driver/run_tests.py")
"""As isolated as with ``-I``, but for the hash seed: the sandbox's environment is our own."""
PYTEST = ("python", "-I", "-m", "pytest")
MARGIN_SECONDS = 3.0
"""The driver stops the tests this long before the sandbox would, so that it can still tell what was learnt."""
OUTPUT_BYTES = 8 << 20
"""Room for the driver's record; what the tests print is limited to 1 MiB by the driver."""

MAX_HASH_SEED = 1 << 32
PYTEST_EXIT_CODES = {0, 1, 5}
"""All passed, some failed, nothing collected; the others mean that pytest itself was stopped."""


@dataclass(frozen=True)
class TestRun:
    """One run: the sandbox's answer, and the record if one can be believed."""

    __test__ = False

    result: SandboxResult
    record: Record | None
    reason: str
    """Dotted code of why there is no record; empty when there is one."""


@dataclass(frozen=True)
class Orders:
    """What a run is for; the project's code can't see any of it before all tests are collected."""

    seed: int = 0
    """Shuffles the tests; for a control, samples the mutants."""
    sessions: tuple[str, ...] = ()
    """Kinds of stubs, for a control."""
    mutants: int = 0
    part: tuple[int, int] = (0, 1)
    """Which share of the mutants to try."""
    mutant_seconds: float = 0.0


def run_driver(
    sandbox: Sandbox,
    tree: Tree,
    orders: Orders,
    limits: SandboxLimits,
    *,
    is_cancelled: IsCancelled,
    on_output: Callable[[str], None] | None = None,
) -> TestRun:
    """Run the tests of a tree, as they are or under the negative control.

    :raises Cancelled: the run was asked to stop.
    """
    nonce = secrets.token_hex(16)
    seconds = max(1.0, limits.wall_seconds - MARGIN_SECONDS)
    python = sorted(path for path in tree if path.endswith(".py"))
    options = {**asdict(orders), "seconds": seconds, "code": code_files(tree), "python": python, "nonce": nonce}
    request = SandboxRequest(
        argv=("/usr/bin/env", f"PYTHONHASHSEED={hash_seed(orders.seed)}", *DRIVER),
        files=encoded(tree),
        stdin=json.dumps(options).encode(),
        limits=limits.model_copy(update={"output_bytes": max(limits.output_bytes, OUTPUT_BYTES)}),
    )
    reader = ProgressReader(on_output) if on_output is not None else None
    result = sandbox.run(request, is_cancelled=is_cancelled, on_output=reader)
    if result.outcome == "cancelled":
        raise Cancelled
    if result.outcome != "exited":
        return TestRun(result, None, f"tests.{result.outcome}")
    return TestRun(result, *read_record(result.stdout, nonce))


def hash_seed(seed: int) -> int:
    """Return the seed of Python's hashes that goes with a run's own."""
    return seed % MAX_HASH_SEED


def encoded(tree: Tree) -> dict[str, bytes]:
    """Turn texts into bytes; half characters become question marks."""
    return {path: text.encode("utf-8", errors="replace") for path, text in tree.items()}


def report_of(run: TestRun, tree: Tree, sandbox_name: str, seed: int = 0) -> TestReport:
    """Turn a run into what it proves."""
    record = run.record
    if record is None:
        return TestReport(
            outcome="broken",
            reason=run.reason,
            duration_seconds=run.result.duration_seconds,
            command=PYTEST,
            tools={"sandbox": sandbox_name},
            seed=seed,
            hash_seed=hash_seed(seed),
        )
    outcome, reason, detail = judge(record)
    coverage = _coverage(record, tree)
    finish = record.finish
    return TestReport(
        outcome=outcome,
        reason=reason,
        detail=detail,
        exit_code=record.exit_code,
        tests=tuple(map(_result, record.tests)),
        coverage=coverage,
        coverage_percent=coverage_percent(coverage),
        output=record.output,
        duration_seconds=run.result.duration_seconds,
        command=(*PYTEST, *(finish.arguments if finish else ())),
        tools={**(finish.tools if finish else {}), "sandbox": sandbox_name},
        seed=seed,
        hash_seed=hash_seed(seed),
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
    is_complete = finish is not None and finish.exit_code in PYTEST_EXIT_CODES
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
