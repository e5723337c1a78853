"""Analyses that are submitted and run here, in a real sandbox or in one that says what it was told to."""

import json
from collections.abc import Callable
from typing import Any

from agentsite.accounts.models import User
from builds import analyses, runner
from builds.agent.ports import IsCancelled
from builds.agent.values import SandboxRequest, SandboxResult
from builds.models.analysis import CodeAnalysis
from builds.models.run import RunEvent
from builds.sandbox.scripted import Answer, ScriptedSandbox
from tests.flows.worlds import wait_until

EMPTY: dict[str, Any] = {"answer": []}
GOOD = json.dumps(
    {"versions": {"ruff": "1"}, "metrics": {"answer": {"files": []}}} | dict.fromkeys(("ruff", "bandit", "mypy"), EMPTY)
).encode()
"""What the driver says of code without a flaw."""


class Endless(ScriptedSandbox):
    """A sandbox whose program runs until somebody wants it to stop."""

    def __init__(self) -> None:
        super().__init__([exited(GOOD)])

    def run(
        self,
        request: SandboxRequest,  # noqa: ARG002  the port's signature
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,  # noqa: ARG002
    ) -> SandboxResult:
        """Wait for that."""
        wait_until(is_cancelled, seconds=60)
        return SandboxResult(outcome="cancelled", exit_code=None, stdout=b"", stderr=b"", duration_seconds=0.1)


def exited(told: bytes) -> SandboxResult:
    return SandboxResult(outcome="exited", exit_code=0, stdout=told, stderr=b"", duration_seconds=0.1)


def submitted(user: User, language: str = "python", **given: Any) -> CodeAnalysis:
    if "files" in given:
        given["files"] = [{"path": path, "content": content} for path, content in given["files"].items()]
    return analyses.submit_analysis(user=user, language=language, **given)


def analysed(user: User, language: str = "python", **given: Any) -> CodeAnalysis:
    analysis = submitted(user, language, **given)
    assert analysis.run is not None
    runner.run_next(run_id=analysis.run.id)
    return CodeAnalysis.objects.select_related("run").get(id=analysis.id)


def kinds(analysis: CodeAnalysis) -> list[str]:
    return list(RunEvent.objects.filter(run__analysis=analysis).order_by("seq").values_list("kind", flat=True))


def answering(*answers: Answer) -> runner.Engines:
    sandbox = ScriptedSandbox(answers)
    return runner.Engines(sandbox=lambda: sandbox)
