"""JavaScript's and TypeScript's toolchains: Node's test runner, V8's coverage and eslint with rules of our own."""

from collections.abc import Sequence
from typing import ClassVar

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import AnalysisReport, Example, SandboxLimits, Tree
from builds.toolchains.javascript import acceptance, analysis, testing
from builds.toolchains.javascript.layout import JAVASCRIPT, TYPESCRIPT, Layout
from builds.toolchains.running import Driver, Orders
from builds.toolchains.toolchain import DEFAULT_LIMITS, SandboxedToolchain


class JavaScriptToolchain(SandboxedToolchain):
    """Tests, checks and judges JavaScript projects."""

    layout: ClassVar[Layout] = JAVASCRIPT

    def __init__(self, sandbox: Sandbox, limits: SandboxLimits = DEFAULT_LIMITS) -> None:
        super().__init__(sandbox, testing.node_limits(limits))

    @property
    def language(self) -> str:
        """Say which language this is for."""
        return self.layout.language

    def is_test(self, path: str) -> bool:
        """Say whether ``node --test`` would run a file."""
        return self.layout.is_test(path)

    def acceptance_tests(self, examples: Sequence[Example], tree: Tree) -> Tree:
        """Write the request's examples as tests.

        :raises AgentError: ``toolchain.example``.
        """
        return acceptance.acceptance_tests(examples, tree, self.layout)

    def driver(self, tree: Tree, orders: Orders) -> Driver:
        """Start node once for each test file."""
        return testing.driver_for(self.layout, tree, orders)

    def analyse(
        self, tree: Tree, *, coverage_percent: float | None, is_cancelled: IsCancelled = lambda: False
    ) -> AnalysisReport:
        """Run eslint and our own measures over the code; see ``scores`` for the formulas.

        :raises Cancelled: the run was asked to stop.
        """
        return analysis.analyse(
            self._sandbox,
            tree,
            self.layout.code_files(tree),
            self._limits,
            coverage_percent=coverage_percent,
            is_cancelled=is_cancelled,
        )


class TypeScriptToolchain(JavaScriptToolchain):
    """Does the same for TypeScript: each file keeps its name and its lines, its types are never checked."""

    layout = TYPESCRIPT
