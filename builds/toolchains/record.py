"""Reads what the driver inside the sandbox wrote; nothing in it is believed before it has been checked."""

import hmac
import json
from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

MAX_TESTS = 1000
MAX_ID = 300
MAX_MESSAGE = 2 << 10
MAX_TRACEBACK = 8 << 10
MAX_TEST_OUTPUT = (4 << 10) + 16
MAX_OUTPUT = 64 << 10
MAX_LINE_SHOWN = 500
MAX_FUNCTIONS = 5000


def _cut(limit: int) -> AfterValidator:
    return AfterValidator(lambda text: text[:limit])


Name = Annotated[str, _cut(MAX_ID)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class RecordedTest(_Part):
    """One test as the child told of it."""

    id: Name
    path: Name
    outcome: Literal["passed", "failed", "error", "skipped"]
    duration_seconds: float = Field(ge=0, allow_inf_nan=False)
    message: Annotated[str, _cut(MAX_MESSAGE)]
    traceback: Annotated[str, _cut(MAX_TRACEBACK)]
    output: Annotated[str, _cut(MAX_TEST_OUTPUT)]
    functions: tuple[Name, ...] = Field(max_length=MAX_FUNCTIONS)


class RecordedSession(_Part):
    """One session of the negative control."""

    kind: Literal["mark", "raise", "neutral", "contrary", "mutant"]
    number: Count
    results: dict[Name, Literal["passed", "failed", "error", "skipped"]]
    functions: dict[Name, tuple[Name, ...]]
    odd: tuple[Name, ...]


class RecordedMutant(_Part):
    """One small mistake."""

    path: Name
    line: Count
    function: Name
    what: Name


class RecordedCoverage(_Part):
    """Counted lines of one file."""

    statements: Count
    covered: Count
    missing: tuple[Count, ...] = Field(max_length=MAX_FUNCTIONS)


class Finish(_Part):
    """The child's last words; without them it was ended, or ended itself."""

    exit_code: int
    coverage: dict[str, RecordedCoverage]
    tools: dict[Annotated[str, _cut(40)], Annotated[str, _cut(40)]]
    arguments: tuple[Name, ...] = Field(max_length=40)


class Record(_Part):
    """What the driver saw of one run."""

    nonce: str
    reason: Literal["", "timeout", "output_limit", "forged", "tampered", "rewritten"]
    detail: Name = ""
    exit_code: int
    collected: Count
    tests: tuple[RecordedTest, ...] = Field(max_length=MAX_TESTS)
    functions: tuple[Name, ...] = Field(max_length=2 * MAX_FUNCTIONS)
    tripwires: tuple[Name, ...] = Field(default=(), max_length=100)
    sessions: tuple[RecordedSession, ...] = Field(default=(), max_length=200)
    mutants: tuple[RecordedMutant, ...] = Field(default=(), max_length=200)
    mutants_possible: Count = 0
    current: Name
    finish: Finish | None
    output: Annotated[str, _cut(MAX_OUTPUT)]


def read_record(stdout: bytes, nonce: str) -> tuple[Record | None, str]:
    """Return the one record with the right nonce, or None and the dotted code of what is wrong."""
    lines = [line for line in stdout.splitlines() if line.startswith(b'{"record": ')]
    if not lines:
        return None, "tests.no_record"
    if len(lines) > 1:
        return None, "tests.forged"
    try:
        record = Record.model_validate(json.loads(lines[0])["record"])
    except (ValidationError, ValueError, RecursionError):
        return None, "tests.forged"
    if not hmac.compare_digest(record.nonce.encode(), nonce.encode()):
        return None, "tests.forged"
    return record, ""


class ProgressReader:
    """Turns the driver's output, in pieces of any size, into the short texts that people watch."""

    def __init__(self, on_output: Callable[[str], None]) -> None:
        self._on_output = on_output
        self._rest = b""

    def __call__(self, chunk: bytes) -> None:
        """Pass on each progress line that is complete."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b'{"text": '):
                self._show(line)

    def _show(self, line: bytes) -> None:
        try:
            text = json.loads(line)["text"]
        except (ValueError, RecursionError):
            return
        if isinstance(text, str):
            self._on_output(text[:MAX_LINE_SHOWN])
