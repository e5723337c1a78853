"""What the server makes of a record, honest, forged or broken, with a sandbox that only recites."""

import json
from typing import Any

import pytest

from builds.agent.errors import Cancelled
from builds.agent.values import SandboxRequest, SandboxResult, TestReport
from builds.sandbox.scripted import ScriptedSandbox
from builds.toolchains.python import PythonToolchain
from builds.toolchains.record import ProgressReader

TREE = {"a.py": "x = 1\n", "test_a.py": "def test_a(): pass\n"}
TEST = {
    "id": "test_a.py::test_a",
    "path": "test_a.py",
    "outcome": "passed",
    "duration_seconds": 0.1,
    "message": "",
    "traceback": "",
    "output": "",
    "functions": [],
}
FINISH = {
    "exit_code": 0,
    "coverage": {"a.py": {"statements": 1, "covered": 1, "missing": []}},
    "tools": {},
    "arguments": [],
}
RECORD = {
    "reason": "",
    "exit_code": 0,
    "collected": 1,
    "tests": [TEST],
    "functions": [],
    "current": "",
    "finish": FINISH,
    "output": "",
}


def exited(stdout: bytes) -> SandboxResult:
    return SandboxResult(outcome="exited", exit_code=0, stdout=stdout, stderr=b"", duration_seconds=0.1)


def line(record: dict[str, Any]) -> bytes:
    return json.dumps({"record": record}).encode() + b"\n"


def report(**changes: Any) -> TestReport:
    """Have a sandbox recite a record that carries the right nonce unless told otherwise."""

    def recite(request: SandboxRequest) -> SandboxResult:
        return exited(line({"nonce": json.loads(request.stdin)["nonce"], **RECORD, **changes}))

    return PythonToolchain(ScriptedSandbox([recite])).run_tests(TREE)


def reciting(stdout: bytes) -> TestReport:
    return PythonToolchain(ScriptedSandbox([exited(stdout)])).run_tests(TREE)


def test_a_complete_record_is_a_pass() -> None:
    assert (report().outcome, report().coverage_percent) == ("passed", 100.0)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"nonce": "guessed"}, "tests.forged"),
        ({"exit_code": 1}, "tests.forged"),
        ({"reason": "forged"}, "tests.forged"),
        ({"collected": -1}, "tests.forged"),
        ({"tests": [{**TEST, "outcome": "splendid"}]}, "tests.forged"),
        ({"tests": [{**TEST, "duration_seconds": float("nan")}]}, "tests.forged"),
        ({"tests": [TEST] * 1001, "collected": 1001}, "tests.forged"),
        ({"finish": None}, "tests.no_record"),
        ({"finish": {**FINISH, "exit_code": 3}, "exit_code": 3}, "tests.no_record"),
        ({"collected": 0, "tests": []}, "tests.none"),
        ({"collected": 2}, "tests.incomplete"),
        ({"collected": 5000}, "tests.too_many"),
        ({"reason": "timeout", "finish": None}, "tests.timeout"),
        ({"reason": "output_limit", "finish": None}, "tests.output_limit"),
        ({"exit_code": 1, "finish": {**FINISH, "exit_code": 1}}, "tests.incomplete"),
    ],
)
def test_a_record_that_does_not_add_up_proves_nothing(changes: dict[str, Any], reason: str) -> None:
    assert (report(**changes).outcome, report(**changes).reason) == ("broken", reason)


def test_one_failure_or_one_skip_is_no_pass() -> None:
    for outcome, reason in (("failed", ""), ("error", ""), ("skipped", "tests.skipped")):
        tests = [TEST, {**TEST, "outcome": outcome}]
        result = report(tests=tests, collected=2)
        assert (result.outcome, result.reason) == ("failed", reason)


@pytest.mark.parametrize("stdout", [b"", b"\xff\xfe", b"{}", b'{"text": "x"}\n'])
def test_without_a_record_nothing_is_proved(stdout: bytes) -> None:
    assert (reciting(stdout).outcome, reciting(stdout).reason) == ("broken", "tests.no_record")


@pytest.mark.parametrize(
    "stdout", [line(RECORD) * 2, b'{"record": ' + b"[" * 100_000, b'{"record": 1}', b'{"record": {']
)
def test_a_record_that_cannot_be_read_is_taken_as_forged(stdout: bytes) -> None:
    assert (reciting(stdout).outcome, reciting(stdout).reason) == ("broken", "tests.forged")


def test_texts_are_cut_to_size_and_foreign_files_are_left_out() -> None:
    long = {**TEST, "message": "m" * 9999, "traceback": "t" * 99999, "output": "o" * 99999, "id": "i" * 999}
    finish = {**FINISH, "coverage": {"/etc/passwd": {"statements": 1, "covered": 9, "missing": []}}}
    result = report(tests=[long], finish=finish)
    assert [len(text) for text in (result.tests[0].message, result.tests[0].traceback, result.tests[0].id)] == [
        2048,
        8192,
        300,
    ]
    assert len(result.tests[0].output) < 5000
    assert result.coverage == {}


@pytest.mark.parametrize("outcome", ["timeout", "output_limit", "memory_limit"])
def test_a_sandbox_at_its_limit_says_which(outcome: str) -> None:
    ended = exited(b"").model_copy(update={"outcome": outcome, "exit_code": None})
    result = PythonToolchain(ScriptedSandbox([ended])).run_tests(TREE)
    assert (result.outcome, result.reason) == ("broken", f"tests.{outcome}")


def test_a_cancelled_sandbox_unwinds_everything() -> None:
    toolchain = PythonToolchain(ScriptedSandbox([exited(b"")]))
    with pytest.raises(Cancelled):
        toolchain.run_tests(TREE, is_cancelled=lambda: True)
    with pytest.raises(Cancelled):
        toolchain.negative_control(TREE, is_cancelled=lambda: True)
    with pytest.raises(Cancelled):
        toolchain.analyse(TREE, coverage_percent=None, is_cancelled=lambda: True)


def test_progress_is_read_from_pieces_of_any_size() -> None:
    shown: list[str] = []
    reader = ProgressReader(shown.append)
    text = b'{"text": "one"}\n{"text": 5}\n{"text": \nnoise\n{"text": "two"}\n'
    for start in range(0, len(text), 7):
        reader(text[start : start + 7])
    assert shown == ["one", "two"]


def test_an_analysis_that_cannot_be_read_has_no_scores() -> None:
    for stdout in (b"", b"{}", b'{"versions": {}, "ruff": {"answer": [{"file": 1}]}}'):
        result = PythonToolchain(ScriptedSandbox([exited(stdout)])).analyse(TREE, coverage_percent=None)
        assert (result.quality_score, result.security_score) == (None, None)
        assert set(result.tools_failed) == {"ruff", "bandit", "mypy", "metrics"}
