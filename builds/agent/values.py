"""Plain values that travel between the nodes, the ports and the stored state; all of them turn into JSON and back."""

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

JsonDict = dict[str, Any]
"""Plain JSON by convention; pydantic checks it where it is stored or sent."""
Tree = Mapping[str, str]
"""A project's files: safe relative POSIX path → text."""


class Value(BaseModel):
    """Give every value the same manners: immutable, and no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ChatMessage(Value):
    """One turn of a prompt."""

    role: Literal["system", "user", "assistant"]
    content: str


class ModelRequest(Value):
    """One question to a model: what it is for, what it was rendered from, and how long the answer may be."""

    purpose: Literal["analyse", "plan", "code", "tests", "repair", "format", "read", "answer", "outline"]
    messages: tuple[ChatMessage, ...]
    inputs: dict[str, JsonValue]
    """The variables the prompt was rendered from; the cookbook and scripted models answer from these."""
    max_output_tokens: int
    temperature: float = 0.0
    prompt_version: str = "1"
    output_schema: dict[str, JsonValue] | None = None
    """JSON schema the answer should follow; None asks for ordinary text."""


class ModelReply(Value):
    """A model's whole answer, with what it cost."""

    text: str
    model: str
    """``provider:name`` of the model that answered."""
    tokens_input: int = 0
    tokens_output: int = 0
    is_estimated: bool = False
    """True where the server gave no usage and the numbers come from the text's length."""
    finish_reason: Literal["stop", "length", "refused"] = "stop"
    duration_seconds: float = 0.0


class SandboxLimits(Value):
    """What one run may use; the defaults are those of ``docs/security.md``."""

    wall_seconds: float = 60.0
    cpu_seconds: int = 30
    output_bytes: int = 1 << 20
    memory_bytes: int = 1 << 30
    process_memory_bytes: int = 768 << 20
    address_space_bytes: int = 4 << 30
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 16 << 20
    work_bytes: int = 64 << 20
    inodes: int = 20_000
    input_file_bytes: int = 1 << 20
    input_bytes: int = 5 << 20
    """What goes in, a file and in all; only files that people send get more than the default."""


class SandboxRequest(Value):
    """One command to run in a fresh sandbox, in ``/work``, which holds a private copy of ``files``."""

    argv: tuple[str, ...]
    files: dict[str, bytes]
    """Path below ``/work`` → content; limited to 100 files, and by size as ``limits`` says."""
    stdin: bytes = b""
    limits: SandboxLimits = SandboxLimits()


class SandboxResult(Value):
    """How a sandboxed command ended; ``exit_code`` is None unless it ended by itself."""

    outcome: Literal["exited", "timeout", "output_limit", "memory_limit", "cancelled"]
    exit_code: int | None
    stdout: bytes
    stderr: bytes
    duration_seconds: float


class SandboxDescription(Value):
    """What a sandbox is, for evidence and for the operator."""

    backend: str
    version: str
    identity: str
    """``unprivileged`` or ``pooled-uid``."""


class TestResult(Value):
    """One test's outcome; texts are bounded and decoded with replacement."""

    __test__ = False

    id: str
    """As the runner names it, e.g. ``test_roman.py::test_four``."""
    path: str
    outcome: Literal["passed", "failed", "error", "skipped"]
    duration_seconds: float = 0.0
    message: str = ""
    """The assertion or exception in one line."""
    traceback: str = ""
    """Only frames inside the project, innermost last."""
    output: str = ""


class FileCoverage(Value):
    """Lines of one file that the tests did and did not run."""

    statements: int
    covered: int
    missing: tuple[int, ...] = ()


class TestReport(Value):
    """What one run of a project's tests showed.

    ``reason`` is a dotted code when the run proves nothing (``tests.timeout``, ``tests.none``, ``tests.forged``, …) and
    empty when the record can be believed.
    """

    __test__ = False

    outcome: Literal["passed", "failed", "broken"]
    reason: str = ""
    detail: str = ""
    exit_code: int | None = None
    tests: tuple[TestResult, ...] = ()
    coverage: dict[str, FileCoverage] = Field(default_factory=dict)
    coverage_percent: float | None = None
    output: str = ""
    duration_seconds: float = 0.0
    command: tuple[str, ...] = ()
    tools: dict[str, str] = Field(default_factory=dict)
    seed: int = 0
    hash_seed: int = 0


class AcceptanceReport(TestReport):
    """What the server's own tests showed in a sandbox that held none of the model's tests."""

    paths: tuple[str, ...] = ()
    """All test files that were there."""


class Sensitivity(Value):
    """What one test noticed under the negative control."""

    raising: bool
    """Stubs that raise."""
    neutral: bool
    """Stubs that return nothing or zero, or what is neither."""
    mutants: int = 0
    """How many of the sampled mutants."""


class ReorderReport(Value):
    """Whether the tests end alike in another order, with another hash seed."""

    outcome: Literal["held", "failed", "inconclusive"]
    reason: str = ""
    flaky: tuple[str, ...] = ()
    """``id: outcome → outcome`` of each test that ended in another way."""
    seed: int = 0
    hash_seed: int = 0
    command: tuple[str, ...] = ()
    tools: dict[str, str] = Field(default_factory=dict)
    duration_seconds: float = 0.0


class ControlReport(Value):
    """Which tests noticed that the code had been replaced by stubs or by code with a small mistake."""

    outcome: Literal["held", "failed", "inconclusive"]
    reason: str = ""
    """Dotted code unless held, e.g. ``control.insensitive_tests``."""
    sensitive: tuple[str, ...] = ()
    insensitive: tuple[str, ...] = ()
    uncovered_functions: tuple[str, ...] = ()
    """Public functions (``module.name``) that no sensitive test runs."""
    sensitivity_percent: float | None = None
    by_test: dict[str, Sensitivity] = Field(default_factory=dict)
    seed: int = 0
    mutants_possible: int = 0
    mutants_run: int = 0
    mutants_killed: int = 0
    survivors: tuple[str, ...] = ()
    suspicious: tuple[str, ...] = ()
    """Code that asks whether it is being tested, or whose results equal everything."""
    tools: dict[str, str] = Field(default_factory=dict)
    duration_seconds: float = 0.0


class Finding(Value):
    """One remark of an analyser."""

    file: str
    line: int
    rule: str
    message: str
    severity: Literal["info", "low", "medium", "high"]


class AnalysisReport(Value):
    """Scores and remarks of the analysers; a score is None where its tool failed, and ``tools_failed`` says which."""

    quality_score: float | None = None
    security_score: float | None = None
    maintainability_index: float | None = None
    coverage_percent: float | None = None
    lines_of_code: int = 0
    cyclomatic_complexity: float | None = None
    security_issues: tuple[Finding, ...] = ()
    code_smells: tuple[Finding, ...] = ()
    type_errors: tuple[Finding, ...] = ()
    recommendations: tuple[Finding, ...] = ()
    suggested_refactorings: tuple[Finding, ...] = ()
    tools: dict[str, str] = Field(default_factory=dict)
    tools_failed: dict[str, str] = Field(default_factory=dict)
    duration_seconds: float = 0.0


class Example(Value):
    """One example found in a request: a call and what it must give, with the words it was read from."""

    expression: str
    """A call in the project's language, e.g. ``to_roman(4)``."""
    expected: str
    """A literal in the project's language, e.g. ``'IV'``; empty when ``raises`` is set."""
    raises: str = ""
    """Name of the exception the call must raise."""
    function: str
    """The outermost name that is called."""
    source: str
    """The user's own words, one line."""


class Passage(Value):
    """A piece of earlier work or of the shared library, offered to the model as data."""

    id: str
    title: str
    text: str
    source: str
    """Where it came from, e.g. ``build:<id>`` or ``library:roman_numerals``."""
    is_verified: bool = False
    score: float = 0.0
