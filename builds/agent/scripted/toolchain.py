"""A toolchain that reports what it was told to report, and runs nothing."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from threading import Lock

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled
from builds.agent.scripted.model import ScriptExhausted
from builds.agent.values import AnalysisReport, ControlReport, Example, TestReport, TestResult, Tree

Reports = Sequence[TestReport | Exception] | Callable[[Tree], TestReport]
ACCEPTANCE_PATH = "test_acceptance.py"
_HELD = ControlReport(outcome="held", sensitivity_percent=100.0)
_WELL = AnalysisReport(quality_score=100.0, security_score=100.0)


@dataclass
class ScriptedToolchain:
    """Report ``reports`` in order, or what a function of the tree says; each tree that was tested is in ``trees``.

    A tree whose only tests are the server's own gets ``alone``, or a report in which each of them passes.
    """

    reports: Reports
    alone: TestReport | None = None
    control: ControlReport = _HELD
    analysis: AnalysisReport = _WELL
    language: str = "python"
    trees: list[dict[str, str]] = field(default_factory=list)
    trees_alone: list[dict[str, str]] = field(default_factory=list)
    _last: TestReport | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def is_test(self, path: str) -> bool:
        """Say whether a path is named like a pytest file."""
        name = PurePosixPath(path).name
        return name.endswith(".py") and (name.startswith("test_") or name.endswith("_test.py"))

    def acceptance_tests(
        self,
        examples: Sequence[Example],
        tree: Tree,  # noqa: ARG002  # part of the port
    ) -> Tree:
        """Write one test file with a test per example."""
        tests = [
            f"def test_example_{number}():\n    assert {each.expression} == {each.expected}\n"
            for number, each in enumerate(examples, start=1)
        ]
        return {ACCEPTANCE_PATH: "".join(tests)} if tests else {}

    def run_tests(
        self,
        tree: Tree,
        *,
        seed: int = 0,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[str], None] | None = None,
    ) -> TestReport:
        """Return the next report; in another order the last one again.

        :raises ScriptExhausted: no report is left.
        """
        if is_cancelled():
            raise Cancelled
        if seed and self._last is not None:
            return self._last.model_copy(update={"seed": seed})
        if [path for path in tree if self.is_test(path)] == [ACCEPTANCE_PATH]:
            return self._alone(tree)
        report = self._last = self._next_report(tree)
        if on_output and report.output:
            on_output(report.output)
        return report

    def negative_control(
        self,
        tree: Tree,  # noqa: ARG002  # part of the port
        *,
        seed: int = 0,
        is_cancelled: IsCancelled = lambda: False,
    ) -> ControlReport:
        """Return the control given at the start."""
        if is_cancelled():
            raise Cancelled
        return self.control.model_copy(update={"seed": seed})

    def analyse(
        self,
        tree: Tree,  # noqa: ARG002  # part of the port
        *,
        coverage_percent: float | None,
        is_cancelled: IsCancelled = lambda: False,
    ) -> AnalysisReport:
        """Return the analysis given at the start, with the coverage that was measured."""
        if is_cancelled():
            raise Cancelled
        return self.analysis.model_copy(update={"coverage_percent": coverage_percent})

    def _alone(self, tree: Tree) -> TestReport:
        with self._lock:
            self.trees_alone.append(dict(tree))
        names = re.findall(r"def (test_\w+)", tree[ACCEPTANCE_PATH])
        passed = tuple(
            TestResult(id=f"{ACCEPTANCE_PATH}::{name}", path=ACCEPTANCE_PATH, outcome="passed") for name in names
        )
        return self.alone or TestReport(outcome="passed", tests=passed)

    def _next_report(self, tree: Tree) -> TestReport:
        with self._lock:
            self.trees.append(dict(tree))
            number = len(self.trees)
        if not isinstance(self.reports, Sequence):
            return self.reports(tree)
        if number > len(self.reports):
            raise ScriptExhausted(f"test run {number}, but the script has {len(self.reports)}")
        report = self.reports[number - 1]
        if isinstance(report, Exception):
            raise report
        return report
