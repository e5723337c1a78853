"""A sandbox that runs nothing and answers what it was told to, for tests of its callers."""

from collections.abc import Callable, Sequence
from threading import Lock

from builds.agent.errors import AgentError
from builds.agent.ports import IsCancelled
from builds.agent.values import SandboxDescription, SandboxRequest, SandboxResult
from builds.sandbox.inputs import check_files

Answer = SandboxResult | AgentError | Callable[[SandboxRequest], SandboxResult]


class ScriptedSandbox:
    """Gives the listed answers in turn and remembers what was asked; the last answer is given again and again."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self._answers = list(answers)
        self._lock = Lock()
        self.requests: list[SandboxRequest] = []

    def describe(self) -> SandboxDescription:
        """Say that nothing runs here."""
        return SandboxDescription(backend="scripted", version="1", identity="none")

    def run(
        self,
        request: SandboxRequest,
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,
    ) -> SandboxResult:
        """Return the next answer, or raise it; the input is checked as a real sandbox would."""
        check_files(request.files, request.limits)
        with self._lock:
            self.requests.append(request)
            answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if is_cancelled():
            return SandboxResult(outcome="cancelled", exit_code=None, stdout=b"", stderr=b"", duration_seconds=0.0)
        if isinstance(answer, AgentError):
            raise answer
        result = answer if isinstance(answer, SandboxResult) else answer(request)
        if on_output is not None and result.stdout:
            on_output(result.stdout)
        return result
