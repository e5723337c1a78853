"""The JavaScript toolchain: Node's test runner, V8's coverage and eslint with rules of our own."""

from collections.abc import Callable, Sequence

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import AnalysisReport, ControlReport, Example, SandboxLimits, TestReport, Tree
from builds.toolchains.javascript import acceptance, analysis, control, layout, testing

DEFAULT_LIMITS = SandboxLimits()


class JavaScriptToolchain:
    """Tests, checks and judges JavaScript projects, always inside a sandbox."""

    def __init__(self, sandbox: Sandbox, limits: SandboxLimits = DEFAULT_LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

    @property
    def language(self) -> str:
        """Say which language this is for."""
        return "javascript"

    def is_test(self, path: str) -> bool:
        """Say whether ``node --test`` would run a file."""
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
        """Run each test file once; ``on_output`` gets a line for each finished test.

        :raises Cancelled: the run was asked to stop.
        """
        run = testing.run_driver(
            self._sandbox, tree, "plain", self._limits, seed=seed, is_cancelled=is_cancelled, on_output=on_output
        )
        return testing.report_of(run, tree, self._sandbox_name(), seed)

    def negative_control(
        self,
        tree: Tree,
        *,
        seed: int = 0,  # noqa: ARG002  part of the port; nothing is sampled here
        is_cancelled: IsCancelled = lambda: False,
    ) -> ControlReport:
        """Run the same tests on code that does nothing.

        :raises Cancelled: the run was asked to stop.
        """
        return control.negative_control(self._sandbox, tree, self._limits, is_cancelled=is_cancelled)

    def analyse(
        self, tree: Tree, *, coverage_percent: float | None, is_cancelled: IsCancelled = lambda: False
    ) -> AnalysisReport:
        """Run eslint and our own measures over the code; see ``scores`` for the formulas.

        :raises Cancelled: the run was asked to stop.
        """
        return analysis.analyse(
            self._sandbox, tree, self._limits, coverage_percent=coverage_percent, is_cancelled=is_cancelled
        )

    def _sandbox_name(self) -> str:
        about = self._sandbox.describe()
        return f"{about.backend} {about.version} ({about.identity})"
