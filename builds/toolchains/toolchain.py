"""What the toolchains of all languages do alike: run a driver in the sandbox, and judge the record that it writes."""

from abc import ABC, abstractmethod
from collections.abc import Callable

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import ControlReport, SandboxLimits, TestReport, Tree
from builds.toolchains import control, judging
from builds.toolchains.running import Driver, Orders, TestRun, run_driver

DEFAULT_LIMITS = SandboxLimits()


class SandboxedToolchain(ABC):
    """Tests and judges the projects of one language, always inside a sandbox."""

    def __init__(self, sandbox: Sandbox, limits: SandboxLimits = DEFAULT_LIMITS) -> None:
        self._sandbox = sandbox
        self._limits = limits

    @abstractmethod
    def driver(self, tree: Tree, orders: Orders) -> Driver:
        """Say how the tests of a tree are started."""

    def run_tests(
        self,
        tree: Tree,
        *,
        seed: int = 0,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[str], None] | None = None,
    ) -> TestReport:
        """Run each test once; ``on_output`` gets a line for each that ended.

        :param seed: shuffles the tests; 0 leaves them as they were written.
        :raises Cancelled: the run was asked to stop.
        """
        orders = Orders(seed=seed)
        driver = self.driver(tree, orders)
        run = run_driver(
            self._sandbox, tree, driver, orders, self._limits, is_cancelled=is_cancelled, on_output=on_output
        )
        return judging.report_of(run, tree, driver, self._sandbox_name(), seed=seed)

    def negative_control(
        self, tree: Tree, *, seed: int = 0, is_cancelled: IsCancelled = lambda: False
    ) -> ControlReport:
        """Run the same tests on code that does nothing, and on code with small mistakes.

        :raises Cancelled: the run was asked to stop.
        """

        def run(orders: Orders) -> TestRun:
            driver = self.driver(tree, orders)
            return run_driver(self._sandbox, tree, driver, orders, self._limits, is_cancelled=is_cancelled)

        report = control.negative_control(run, self._limits, seed=seed)
        return report.model_copy(update={"tools": {**report.tools, "sandbox": self._sandbox_name()}})

    def _sandbox_name(self) -> str:
        about = self._sandbox.describe()
        return f"{about.backend} {about.version} ({about.identity})"
