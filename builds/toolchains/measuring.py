"""What the analysers of all languages have in common: the form of their answers, and the remarks made from figures."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import AnalysisReport, Finding, SandboxLimits, SandboxRequest, Tree
from builds.toolchains import scores
from builds.toolchains.running import encoded

MAX_COMPLEXITY, MAX_LENGTH, MAX_PARAMETERS = 10, 50, 6
LOW_COVERAGE_PERCENT = 80.0

Answers = TypeVar("Answers", bound="Part")
Severity = Literal["info", "low", "medium", "high"]
Short = Annotated[str, AfterValidator(lambda text: text[:300])]


class Part(BaseModel):
    """Read what came out of the sandbox: immutable, and deaf to what was not asked for."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Remark(Part):
    """One remark as a tool made it."""

    file: Short
    line: int = Field(ge=0)
    rule: Short
    message: Short
    severity: Literal["", "info", "low", "medium", "high", "undefined"]


class Measure(Part):
    """One function's figures."""

    name: Short
    line: int
    complexity: int = Field(ge=1)
    length: int = Field(ge=0)
    parameters: int = Field(ge=0)


class MeasuredFile(Part):
    """One file's figures; the index is None where it can't be parsed."""

    file: Short
    lines: int = Field(ge=0)
    index: float | None = Field(ge=0, le=100)
    functions: tuple[Measure, ...]


class Metrics(Part):
    """The figures of all files."""

    files: tuple[MeasuredFile, ...]


class Remarks(Part):
    """One tool's remarks, or why there are none."""

    answer: tuple[Remark, ...] | None = None
    error: Short = ""


class MetricsAnswer(Part):
    """The figures, or why there are none."""

    answer: Metrics | None = None
    error: Short = ""


def answers_of(
    sandbox: Sandbox,
    tree: Tree,
    code: Sequence[str],
    argv: Sequence[str],
    limits: SandboxLimits,
    form: type[Answers],
    *,
    is_cancelled: IsCancelled,
) -> tuple[Answers | None, str, float]:
    """Let a driver analyse the code side of a tree; return its answers or why there are none, and the seconds it took.

    :raises Cancelled: the run was asked to stop.
    """
    files = {path: content for path, content in encoded(tree).items() if path in set(code)}
    result = sandbox.run(SandboxRequest(argv=tuple(argv), files=files, limits=limits), is_cancelled=is_cancelled)
    if result.outcome == "cancelled":
        raise Cancelled
    try:
        return form.model_validate_json(result.stdout), "", result.duration_seconds
    except ValidationError:
        return None, "no_answer" if result.outcome == "exited" else result.outcome, result.duration_seconds


def nothing(tools: Iterable[str], reason: str, coverage_percent: float | None) -> AnalysisReport:
    """Return a report without scores: no tool could be asked."""
    return AnalysisReport(coverage_percent=coverage_percent, tools_failed=dict.fromkeys(tools, reason))


def failed(answers: Part, tools: Iterable[str]) -> dict[str, str]:
    """Return each tool without an answer, and why it has none."""
    parts = {tool: getattr(answers, tool) for tool in tools}
    return {tool: part.error or "no_answer" for tool, part in parts.items() if part.answer is None}


def size_smells(files: Iterable[MeasuredFile]) -> list[Finding]:
    """Remark on functions that are too large."""
    return [smell for file in files for function in file.functions for smell in _smells_of(file.file, function)]


def _smells_of(path: str, function: Measure) -> list[Finding]:
    checks: tuple[tuple[str, int, int, Severity], ...] = (
        ("complexity", function.complexity, MAX_COMPLEXITY, "medium"),
        ("length", function.length, MAX_LENGTH, "low"),
        ("parameters", function.parameters, MAX_PARAMETERS, "low"),
    )
    return [
        Finding(
            file=path,
            line=function.line,
            rule=f"size-{what}",
            message=f"{function.name}: {what} is {value}, more than {limit}",
            severity=severity,
        )
        for what, value, limit, severity in checks
        if value > limit
    ]


def maintainability(files: Sequence[MeasuredFile]) -> float | None:
    """Return the project's index; one with a file that can't be measured has none."""
    if any(file.index is None for file in files):
        return None
    return scores.maintainability([(file.lines, file.index) for file in files if file.index is not None])


def coverage_advice(percent: float | None) -> list[Finding]:
    """Remark on tests that leave much out."""
    if percent is None or percent >= LOW_COVERAGE_PERCENT:
        return []
    message = f"Tests run {percent:g} % of the statements, less than {LOW_COVERAGE_PERCENT:g} %"
    return [Finding(file="", line=0, rule="coverage", message=message, severity="info")]
