"""Builds that pass through every port without a model or a sandbox, for tests of what is told of them."""

from collections.abc import Callable
from typing import Any

from agentsite.common import measures
from builds.agent.ports import Sandbox
from builds.agent.scripted.model import ScriptedModel
from builds.agent.scripted.toolchain import ScriptedToolchain
from builds.agent.values import (
    AnalysisReport,
    ModelRequest,
    SandboxLimits,
    SandboxRequest,
    SandboxResult,
    TestReport,
    Tree,
)
from builds.models.build import Build
from builds.runner import Engines, run_next
from builds.sandbox.scripted import ScriptedSandbox
from tests.stand_ins import scripts
from tests.unit.agent.worlds import PASSED

ANSWERS = {"analyse": scripts.ANALYSIS, "plan": scripts.PLAN, "code": scripts.GOOD_CODE, "tests": scripts.TESTS}
EXITED = SandboxResult(outcome="exited", exit_code=0, stdout=b"", stderr=b"", duration_seconds=0.1)
MODEL = "openai:gpt-4o"
Answer = str | Exception


class SandboxedToolchain(ScriptedToolchain):
    """Report what is scripted, after a run in the sandbox that it was given."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(lambda _tree: PASSED, analysis=AnalysisReport(quality_score=10.0, security_score=10.0))
        self._sandbox = sandbox

    def run_tests(self, tree: Tree, **how: Any) -> TestReport:
        """Run something, and say that the tests passed."""
        self._sandbox.run(SandboxRequest(argv=("true",), files={}))
        return super().run_tests(tree, **how)


def engines(
    answer: Callable[[ModelRequest], Answer] = lambda request: ANSWERS[request.purpose], sandboxed: Any = EXITED
) -> Engines:
    """Return what a worker brings along whose model answers like this."""
    model, sandbox = ScriptedModel(answer, name=MODEL), ScriptedSandbox([sandboxed])

    def toolchain(_language: str, given: Sandbox, _limits: SandboxLimits) -> SandboxedToolchain:
        return SandboxedToolchain(given)

    return Engines(model=lambda _name: model, sandbox=lambda: sandbox, toolchain=toolchain)


def ended(build: Build, **how: Any) -> Build:
    """Have a worker take a build up, and return it."""
    run_next(run_id=build.run_id, engines=engines(**how))
    build.refresh_from_db()
    return build


class Counted:
    """How much more of something was counted since this was made."""

    def __init__(self, name: str, **labels: str) -> None:
        self._name, self._labels = name, labels.items()
        self._before = self._now()

    @property
    def more(self) -> float:
        """Return how much more it is by now."""
        return self._now() - self._before

    def _now(self) -> float:
        samples = [sample for family in measures.collect() for sample in family.samples if sample.name == self._name]
        return sum(sample.value for sample in samples if self._labels <= sample.labels.items())
