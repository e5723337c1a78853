"""Choosing a sandbox, and never choosing a bad one."""

import json
from pathlib import Path

import pytest

from builds import failures
from builds.agent.errors import AgentError
from builds.agent.values import SandboxRequest, SandboxResult
from builds.sandbox.canary import EXPECTED, failure_of
from builds.sandbox.choose import REPOSITORY, choose_sandbox, probe_sandboxes, runtime_directory
from builds.sandbox.scripted import ScriptedSandbox


def exited(stdout: bytes) -> SandboxResult:
    return SandboxResult(outcome="exited", exit_code=0, stdout=stdout, stderr=b"", duration_seconds=0.0)


def answering(**changes: object) -> ScriptedSandbox:
    return ScriptedSandbox([exited(json.dumps({**dict.fromkeys(EXPECTED, True), **changes}).encode())])


def test_a_sandbox_from_which_nothing_escaped_holds() -> None:
    assert failure_of(answering()) == ""


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_one_escape_is_enough_to_refuse(name: str) -> None:
    assert failure_of(answering(**{name: False})) == f"selftest.{name}"


def test_an_attempt_that_did_not_run_is_no_pass() -> None:
    sandbox = ScriptedSandbox([exited(json.dumps(dict.fromkeys(EXPECTED - {"file_hidden"}, True)).encode())])
    assert failure_of(sandbox) == "selftest.file_hidden.not_run"


def test_an_answer_that_is_none_is_a_failure() -> None:
    assert failure_of(ScriptedSandbox([exited(b"hello")])) == "selftest.no_answer"
    assert failure_of(ScriptedSandbox([exited(b"")])) == "selftest.no_answer"


def test_a_sandbox_that_cannot_start_says_why() -> None:
    broken = ScriptedSandbox([AgentError("sandbox.start_failed", step="setup")])
    assert failure_of(broken) == "sandbox.start_failed.setup"


def test_without_a_runtime_nothing_is_chosen(tmp_path: Path) -> None:
    with pytest.raises(AgentError) as caught:
        choose_sandbox(tmp_path)
    assert caught.value.code == "sandbox.unavailable"
    assert caught.value.details["command"] == "script/setup"
    assert not any(report.usable for report in probe_sandboxes(tmp_path))


def test_a_container_that_was_asked_for_says_what_it_lacks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_IMAGE", "image:1")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AgentError) as caught:
        choose_sandbox(tmp_path)
    assert caught.value.details["advice"] == "engine.missing"


@pytest.mark.parametrize(
    ("details", "hint"),
    [
        ({"advice": "program.missing", "command": "apt-get install x"}, "As root: apt-get install x. Then start"),
        ({"advice": "runtime.missing", "command": "script/setup"}, "Run script/setup, which makes"),
        ({"advice": "engine.missing", "command": "script/doctor"}, "SANDBOX_IMAGE is set: install Docker or Podman."),
        ({"advice": "engine.unreachable", "command": "script/doctor"}, "Start the container engine"),
        ({"advice": "image.missing", "command": "script/doctor"}, "Set SANDBOX_IMAGE to an image"),
        ({"advice": "selftest.file_hidden", "command": "script/doctor"}, "Run script/doctor on the server"),
        ({}, "Run script/doctor on the server"),
    ],
)
def test_each_reason_has_a_hint_that_says_what_helps(details: dict[str, object], hint: str) -> None:
    assert failures.hint("sandbox.unavailable", details).startswith(hint)


def test_the_runtime_can_be_set_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SANDBOX_RUNTIME_DIR", raising=False)
    assert runtime_directory() == REPOSITORY / ".runtime"
    monkeypatch.setenv("SANDBOX_RUNTIME_DIR", "/srv/runtime")
    assert runtime_directory() == Path("/srv/runtime")


def test_a_scripted_sandbox_answers_in_turn_and_remembers() -> None:
    sandbox = ScriptedSandbox([exited(b"one"), exited(b"two")])
    request = SandboxRequest(argv=("x",), files={"a": b""})
    pieces: list[bytes] = []
    assert [sandbox.run(request, on_output=pieces.append).stdout for _ in range(3)] == [b"one", b"two", b"two"]
    assert pieces == [b"one", b"two", b"two"]
    assert sandbox.requests == [request] * 3


def test_a_scripted_sandbox_keeps_the_rules_of_a_real_one() -> None:
    sandbox = ScriptedSandbox([exited(b"")])
    with pytest.raises(AgentError):
        sandbox.run(SandboxRequest(argv=("x",), files={"../a": b""}))
    request = SandboxRequest(argv=("x",), files={})
    assert sandbox.run(request, is_cancelled=lambda: True).outcome == "cancelled"
