"""The Tests tab: failing tests first, each with whether it notices broken code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from builds.models.build import Build
from builds.models.evidence import Evidence, EvidenceKind
from builds.pages.marks import OUTCOMES, Mark
from builds.pages.reading import count, lines, number, part, plain, rows
from builds.pages.reasons import reason_in_words

_RANK = {"failed": 0, "error": 0, "skipped": 1, "passed": 2}
_LONGEST_MESSAGE = 2_000


@dataclass(frozen=True)
class TestRow:
    """One test.

    ``is_sensitive`` is None where nobody tried; ``got`` and ``expected`` are empty where they can't be told.
    """

    __test__ = False

    id: str
    path: str
    name: str
    mark: Mark
    seconds: float
    message: str
    got: str
    expected: str
    traceback: str
    output: str
    is_sensitive: bool | None
    mutants: int
    """How many sampled mutants it noticed."""
    is_flaky: bool


@dataclass(frozen=True)
class TestsPanel:
    """All tests of the last run; ``problem`` says why a run proves nothing."""

    __test__ = False

    rows: tuple[TestRow, ...]
    passed: int
    problem: str
    coverage: tuple[tuple[str, float, str], ...]

    @property
    def total(self) -> int:
        """Return how many tests there are."""
        return len(self.rows)

    @property
    def label(self) -> str:
        """Return passed/total for the tab."""
        return f"{self.passed}/{self.total}" if self.rows else ""


def tests_panel(build: Build, evidence: Sequence[Evidence]) -> TestsPanel:
    """Return the tests of a build's last run."""
    report = part(build.test_results)
    noticing = _noticing(evidence)
    mutants, flaky = _mutants(evidence), _flaky(evidence)
    found = [_row(test, noticing, mutants, flaky) for test in rows(report.get("tests"))]
    found.sort(key=lambda row: (_RANK.get(row[0], 0), row[1].id))
    return TestsPanel(
        rows=tuple(row for _outcome, row in found),
        passed=sum(outcome == "passed" for outcome, _row in found),
        problem=_problem(report),
        coverage=tuple(_covered(path, part(entry)) for path, entry in part(report.get("coverage")).items()),
    )


def _noticing(evidence: Sequence[Evidence]) -> Mapping[str, bool]:
    for proof in evidence:
        if proof.kind == EvidenceKind.NEGATIVE_CONTROL:
            noticing = dict.fromkeys(lines(proof.report.get("sensitive")), True)
            return noticing | dict.fromkeys(lines(proof.report.get("insensitive")), False)
    return {}


def _mutants(evidence: Sequence[Evidence]) -> Mapping[str, int]:
    control = next((proof for proof in evidence if proof.kind == EvidenceKind.NEGATIVE_CONTROL), None)
    by_test = part(control.report.get("by_test")) if control else {}
    return {name: count(part(noticed).get("mutants")) for name, noticed in by_test.items()}


def _flaky(evidence: Sequence[Evidence]) -> frozenset[str]:
    found = (
        line for proof in evidence if proof.kind == EvidenceKind.REORDER for line in lines(proof.report.get("flaky"))
    )
    return frozenset(line.rpartition(": ")[0] for line in found)


def _row(
    test: Mapping[str, Any], noticing: Mapping[str, bool], mutants: Mapping[str, int], flaky: frozenset[str]
) -> tuple[str, TestRow]:
    identifier, outcome = str(test.get("id", "")), str(test.get("outcome", "error"))
    message = plain(test.get("message", ""))[:_LONGEST_MESSAGE]
    got, expected = _compared(message)
    row = TestRow(
        id=identifier,
        path=str(test.get("path", "")),
        name=identifier.partition("::")[2] or identifier,
        mark=OUTCOMES.get(outcome, OUTCOMES["error"]),
        seconds=number(test.get("duration_seconds")) or 0.0,
        message=message,
        got=got,
        expected=expected,
        traceback=plain(test.get("traceback", "")),
        output=plain(test.get("output", "")),
        is_sensitive=noticing.get(identifier),
        mutants=mutants.get(identifier, 0),
        is_flaky=identifier in flaky,
    )
    return outcome, row


def _compared(message: str) -> tuple[str, str]:
    """Split “assert got == expected”; nothing where the message has another form."""
    statement = message.split("\n", 1)[0].removeprefix("AssertionError: ")
    got, equals, expected = statement.removeprefix("assert ").partition(" == ")
    return (got, expected) if equals and statement.startswith("assert ") else ("", "")


def _problem(report: Mapping[str, Any]) -> str:
    reason = str(report.get("reason", ""))
    if not reason:
        return ""
    detail = plain(report.get("detail", ""))
    return f"{reason_in_words(reason)} {detail}".strip()


def _covered(path: str, entry: Mapping[str, Any]) -> tuple[str, float, str]:
    statements, covered = number(entry.get("statements")) or 0, number(entry.get("covered")) or 0
    missing = ", ".join(str(line) for line in list(entry.get("missing") or [])[:30])
    return path, round(100 * covered / statements, 1) if statements else 100.0, missing
