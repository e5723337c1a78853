"""The Python toolchain: pytest, coverage and the analysers of the sandbox's runtime."""

from collections.abc import Sequence

from builds.agent.ports import IsCancelled
from builds.agent.values import AnalysisReport, Example, Tree
from builds.toolchains.python import acceptance, analysis, layout, testing
from builds.toolchains.running import Driver, Orders
from builds.toolchains.toolchain import SandboxedToolchain


class PythonToolchain(SandboxedToolchain):
    """Tests, checks and judges Python projects."""

    @property
    def language(self) -> str:
        """Say which language this is for."""
        return "python"

    def is_test(self, path: str) -> bool:
        """Say whether pytest would collect a file."""
        return layout.is_test(path)

    def acceptance_tests(self, examples: Sequence[Example], tree: Tree) -> Tree:
        """Write the request's examples as tests.

        :raises AgentError: ``toolchain.example``.
        """
        return acceptance.acceptance_tests(examples, tree)

    def driver(self, tree: Tree, orders: Orders) -> Driver:
        """Start pytest, with our reporter as its only plugin."""
        return testing.driver_for(tree, orders)

    def analyse(
        self, tree: Tree, *, coverage_percent: float | None, is_cancelled: IsCancelled = lambda: False
    ) -> AnalysisReport:
        """Run ruff, bandit, lizard and mypy over the code; see ``scores`` for the formulas.

        :raises Cancelled: the run was asked to stop.
        """
        return analysis.analyse(
            self._sandbox, tree, self._limits, coverage_percent=coverage_percent, is_cancelled=is_cancelled
        )
