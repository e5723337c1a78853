"""Puts two runs of the same tests side by side, test by test."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from builds.agent.values import TestReport
from tests.real_packages.plain import PlainRun

SAME = {"xfailed": "skipped", "xpassed": "skipped"}
"""The toolchain has one word for every test that says nothing: skipped, expected to fail, and passed nevertheless."""
ABSENT = "–"
REPEATS = 5


@dataclass(frozen=True)
class Difference:
    """A test that did not end alike."""

    id: str
    inside: str
    plain: str
    inside_message: str
    plain_message: str


@dataclass(frozen=True)
class Comparison:
    """All tests of both sides, each in one place."""

    equal: int
    different: list[Difference]
    unsteady: list[Difference]
    """Plain pytest itself names or ends these in another way from run to run."""
    not_run: int
    """The toolchain stopped before these."""


def compare(report: TestReport, plain: PlainRun, again: Callable[[], PlainRun]) -> Comparison:
    """Compare test by test; ask plain pytest a few times more about those that differ."""
    found = differences(report, plain)
    not_run = [each for each in found if each.inside == ABSENT] if report.outcome == "broken" else []
    different = [each for each in found if each not in not_run]
    varied = varying(plain, [again() for _ in range(REPEATS)]) if different else set()
    unsteady = [each for each in different if function_of(each.id) in varied]
    different = [each for each in different if each not in unsteady]
    return Comparison(len(names(report, plain)) - len(found), different, unsteady, len(not_run))


def varying(first: PlainRun, others: Iterable[PlainRun]) -> set[str]:
    """Return the test functions that plain pytest itself names or ends in another way from run to run."""
    return {
        function_of(name)
        for other in others
        for name in {**first.outcomes, **other.outcomes}
        if first.outcomes.get(name) != other.outcomes.get(name)
    }


def function_of(name: str) -> str:
    """Return a test's name without its parameters."""
    return name.partition("[")[0]


def differences(report: TestReport, plain: PlainRun) -> list[Difference]:
    """Return each test that ended in another way, or that one side does not know."""
    tests = {test.id: test for test in report.tests}
    found = []
    for name in names(report, plain):
        inside = tests[name].outcome if name in tests else ABSENT
        outside = plain.outcomes.get(name, ABSENT)
        if inside != SAME.get(outside, outside):
            message = tests[name].message if name in tests else ""
            found.append(Difference(name, inside, outside, message, plain.messages.get(name, "")))
    return found


def names(report: TestReport, plain: PlainRun) -> list[str]:
    """Return the tests of both."""
    return list(dict.fromkeys([*plain.outcomes, *(test.id for test in report.tests)]))


def counted(plain: PlainRun) -> str:
    """Say how many tests ended in which way."""
    outcomes = list(plain.outcomes.values())
    return ", ".join(f"{outcomes.count(name)} {name}" for name in sorted(set(outcomes)))
