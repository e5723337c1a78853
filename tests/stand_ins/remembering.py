"""A toolchain that runs the same tree once: for tests in which many builds end with the same files."""

from collections.abc import Callable, Sequence
from typing import Any

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Sandbox, Toolchain
from builds.agent.tree import tree_hash
from builds.agent.values import AnalysisReport, ControlReport, Example, SandboxLimits, TestReport, Tree
from builds.toolchains.registry import toolchain_for

_seen: dict[tuple[object, ...], Any] = {}


class RememberingToolchain:
    """Ask the real one, in the real sandbox, and give its answer again whenever the same is asked in this process.

    What another seed would have shown is not asked: a run in another order counts as one run.
    """

    def __init__(self, real: Toolchain, *about: object) -> None:
        self._real = real
        self._about = about
        self.language = real.language

    def is_test(self, path: str) -> bool:
        """Ask the real one."""
        return self._real.is_test(path)

    def acceptance_tests(self, examples: Sequence[Example], tree: Tree) -> Tree:
        """Ask the real one: nothing is run for it."""
        return self._real.acceptance_tests(examples, tree)

    def run_tests(
        self,
        tree: Tree,
        *,
        seed: int = 0,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[str], None] | None = None,
    ) -> TestReport:
        """Return what a run showed, or an earlier one; an earlier one's output comes at once."""
        lines: list[str] = []
        report, output = self._once(
            ("tests", tree_hash(tree), bool(seed)),
            lambda: (self._real.run_tests(tree, seed=seed, is_cancelled=is_cancelled, on_output=lines.append), lines),
            is_cancelled,
        )
        if on_output:
            for line in output:
                on_output(line)
        return TestReport.model_validate(report.model_copy(update={"seed": seed}))

    def negative_control(
        self, tree: Tree, *, seed: int = 0, is_cancelled: IsCancelled = lambda: False
    ) -> ControlReport:
        """Return what the control showed, or an earlier one."""
        report = self._once(
            ("control", tree_hash(tree)),
            lambda: self._real.negative_control(tree, seed=seed, is_cancelled=is_cancelled),
            is_cancelled,
        )
        return ControlReport.model_validate(report.model_copy(update={"seed": seed}))

    def analyse(
        self, tree: Tree, *, coverage_percent: float | None, is_cancelled: IsCancelled = lambda: False
    ) -> AnalysisReport:
        """Return what was measured, now or earlier."""
        report: AnalysisReport = self._once(
            ("analysis", tree_hash(tree), coverage_percent),
            lambda: self._real.analyse(tree, coverage_percent=coverage_percent, is_cancelled=is_cancelled),
            is_cancelled,
        )
        return report

    def _once(self, what: tuple[object, ...], ask: Callable[[], Any], is_cancelled: IsCancelled) -> Any:
        if is_cancelled():
            raise Cancelled
        key = (*self._about, *what)
        if key not in _seen:
            _seen[key] = ask()
        return _seen[key]


def remembering(language: str, sandbox: Sandbox, limits: SandboxLimits) -> RememberingToolchain:
    """Return the toolchain of a language; for ``Engines.toolchain``."""
    return RememberingToolchain(toolchain_for(language, sandbox, limits), language, limits)
