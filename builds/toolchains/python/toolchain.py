"""The Python toolchain: pytest, coverage and the analysers of the sandbox's runtime."""

from collections.abc import Callable, Sequence

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import AnalysisReport, ControlReport, Example, SandboxLimits, TestReport, Tree
from builds.toolchains.python import acceptance, analysis, control, layout, testing

DEFAULT_LIMITS = SandboxLimits()


class PythonToolchain:
    """Tests, checks and judges Python projects, always inside a sandbox."""

    def __init__(self, sandbox: Sandbox, limits: SandboxLimits = DEFAULT_LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

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

    def run_tests(
        self,
        tree: Tree,
        *,
        seed: int = 0,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[str], None] | None = None,
    ) -> TestReport:
        """Run pytest once; ``on_output`` gets a line for each finished test.

        :raises Cancelled: the run was asked to stop.
        """
        run = testing.run_driver(
            self._sandbox, tree, testing.Orders(seed=seed), self._limits, is_cancelled=is_cancelled, on_output=on_output
        )
        return testing.report_of(run, tree, self._sandbox_name(), seed)

    def negative_control(
        self, tree: Tree, *, seed: int = 0, is_cancelled: IsCancelled = lambda: False
    ) -> ControlReport:
        """Run the same tests on code that does nothing, and on code with small mistakes.

        :raises Cancelled: the run was asked to stop.
        """
        report = control.negative_control(self._sandbox, tree, self._limits, seed=seed, is_cancelled=is_cancelled)
        return report.model_copy(update={"tools": {**report.tools, "sandbox": self._sandbox_name()}})

    def analyse(
        self, tree: Tree, *, coverage_percent: float | None, is_cancelled: IsCancelled = lambda: False
    ) -> AnalysisReport:
        """Run ruff, bandit, lizard and mypy over the code; see ``scores`` for the formulas.

        :raises Cancelled: the run was asked to stop.
        """
        return analysis.analyse(
            self._sandbox, tree, self._limits, coverage_percent=coverage_percent, is_cancelled=is_cancelled
        )

    def _sandbox_name(self) -> str:
        about = self._sandbox.describe()
        return f"{about.backend} {about.version} ({about.identity})"
