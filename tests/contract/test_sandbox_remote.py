"""A sandbox behind a service: what every sandbox promises, and what can go wrong on the way to it."""

import json
import os
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builds.agent.errors import TransientError
from builds.agent.values import SandboxLimits
from builds.sandbox.choose import choose_sandbox, probe_sandboxes
from builds.sandbox.remote import RemoteSandbox
from builds.toolchains.registry import supported_languages, toolchain_for
from tests.contract.judged import rationed
from tests.contract.projects import HONEST
from tests.contract.runner_service import (
    ROOT,
    TOKEN,
    Runner,
    answering_once,
    code_of,
    free_port,
    run,
    running_runner,
    shell,
)
from tests.contract.sandbox_probes import eventually_gone, host_processes

pytestmark = pytest.mark.sandbox
SUITES = ("", "_limits", "_endings", "_probes", "_planted")
STREAM = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with running_runner("--parallel", "8") as service:
        yield service


@pytest.mark.parametrize("suite", rationed(SUITES))
def test_all_that_a_sandbox_promises_is_kept_over_http(runner: Runner, suite: str) -> None:
    environment = {**os.environ, "SANDBOX_URL": runner.url, "SANDBOX_TOKEN": TOKEN}
    file = str(Path(__file__).with_name(f"test_sandbox{suite}.py"))
    options = ("-q", "-x", "-p", "no:cacheprovider", "-p", "no:django", "--noconftest", "-c", "/dev/null")
    command = (
        sys.executable,
        "-m",
        "pytest",
        *options,
        "--rootdir",
        str(ROOT),
        "-k",
        "not ordinary_user and not without",
        file,
    )
    told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stdout[-4000:] + told.stderr[-2000:]


def test_a_named_runner_is_used_and_nothing_else(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_TOKEN", TOKEN)
    monkeypatch.setenv("SANDBOX_URL", runner.url)
    assert isinstance(choose_sandbox(), RemoteSandbox)
    assert [(report.name, report.usable) for report in probe_sandboxes()] == [("sandbox-runner", True)]
    monkeypatch.setenv("SANDBOX_URL", f"http://127.0.0.1:{free_port()}")
    assert code_of(choose_sandbox) == "sandbox.unreachable"
    assert [(report.name, report.reason) for report in probe_sandboxes()] == [("sandbox-runner", "sandbox.unreachable")]
    monkeypatch.setenv("SANDBOX_URL", "somewhere")
    assert code_of(choose_sandbox) == "sandbox.unavailable"


def test_the_address_and_the_token_may_come_from_files(
    runner: Runner, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in (("SANDBOX_URL", runner.url), ("SANDBOX_TOKEN", TOKEN)):
        (tmp_path / name).write_text(f"{value}\n")
        monkeypatch.setenv(f"{name}_FILE", str(tmp_path / name))
    assert isinstance(choose_sandbox(), RemoteSandbox)
    monkeypatch.setenv("SANDBOX_URL_FILE", str(tmp_path / "gone"))
    assert code_of(choose_sandbox) == "sandbox.unavailable"


def test_languages_are_those_of_the_runners_machine(runner: Runner) -> None:
    sandbox = runner.sandbox()
    assert supported_languages(sandbox) == supported_languages()
    report = toolchain_for("python", sandbox).run_tests(HONEST)
    assert report.outcome == "passed"
    assert report.tools["sandbox"].startswith("bubblewrap")


def test_a_language_that_only_the_worker_has_is_not_offered() -> None:
    described = {"backend": "bubblewrap", "version": "1", "identity": "unprivileged"}
    about = {"sandbox": described, "languages": {"javascript": "node.missing", "python": ""}}
    with answering_once(STREAM + json.dumps(about).encode()) as url:
        sandbox = RemoteSandbox(url, TOKEN)
        assert supported_languages(sandbox) == ("python",)
        assert code_of(lambda: toolchain_for("javascript", sandbox)) == "toolchain.unsupported"


@pytest.mark.parametrize("token", ["wrong", "", TOKEN[:-1], f"{TOKEN} "])
def test_a_wrong_token_gets_nothing(runner: Runner, token: str) -> None:
    sandbox = runner.sandbox(token)
    assert code_of(sandbox.describe) == "sandbox.not_authorised"
    assert code_of(lambda: run(sandbox, "echo")) == "sandbox.not_authorised"


def test_a_service_that_is_away_is_named() -> None:
    sandbox = RemoteSandbox(f"http://127.0.0.1:{free_port()}", TOKEN)
    with pytest.raises(TransientError) as caught:
        run(sandbox, "echo")
    assert (caught.value.code, caught.value.retry_after_seconds) == ("sandbox.unreachable", 15.0)


def test_a_service_killed_in_the_middle_is_an_error_and_leaves_nothing_running() -> None:
    token, began = secrets.token_hex(16), threading.Event()
    with running_runner() as service, ThreadPoolExecutor(1) as pool:
        sandbox = service.sandbox()
        request = shell(f"echo begun; sleep 31; : {token}")
        running = pool.submit(sandbox.run, request, on_output=lambda _: began.set())
        assert began.wait(10)
        service.kill()
        with pytest.raises(TransientError, match=r"sandbox\.lost"):
            running.result(10)
        assert eventually_gone(f"sleep 31; : {token}")
        with running_runner(port=service.port):
            assert run(sandbox, "echo again") == b"again\n"


def test_a_caller_who_hangs_up_ends_his_run(runner: Runner) -> None:
    token = secrets.token_hex(16)

    def leave(_: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        runner.sandbox().run(shell(f"echo; sleep 32; : {token}"), on_output=leave)
    assert eventually_gone(f"sleep 32; : {token}")


def test_a_run_that_never_stops_talking_can_be_cancelled(runner: Runner) -> None:
    limits = SandboxLimits(output_bytes=16 << 20, wall_seconds=30.0)
    talker = shell("while :; do echo; done").model_copy(update={"limits": limits})
    until = time.monotonic() + 0.5
    assert runner.sandbox().run(talker, is_cancelled=lambda: time.monotonic() > until).outcome == "cancelled"
    until = time.monotonic() + 0.5
    told = runner.sandbox().run(talker, is_cancelled=lambda: time.monotonic() > until, on_output=lambda _: None)
    assert told.outcome == "cancelled"


def test_a_worker_killed_in_the_middle_leaves_nothing_running(runner: Runner) -> None:
    token = secrets.token_hex(16)
    code = (
        "from builds.sandbox.choose import choose_sandbox\n"
        "from builds.agent.values import SandboxRequest\n"
        f"request = SandboxRequest(argv=('/bin/sh', '-c', 'echo; sleep 33; : {token}'), files={{}})\n"
        "choose_sandbox().run(request, on_output=lambda _: print('begun', flush=True))\n"
    )
    environment = {**os.environ, "SANDBOX_URL": runner.url, "SANDBOX_TOKEN": TOKEN}
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, env=environment, stdout=pipe) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"begun\n"
        assert host_processes(f"sleep 33; : {token}") != []
        worker.kill()
    assert eventually_gone(f"sleep 33; : {token}")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (b"", "sandbox.lost"),
        (b"hello\r\n\r\n", "sandbox.bad_answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhello", "sandbox.lost"),
        (STREAM, "sandbox.lost"),
        (STREAM + b"\n\n\n", "sandbox.lost"),
        (STREAM + b'{"result": {"outcome": "exi', "sandbox.lost"),
        (STREAM + b"<html>\n", "sandbox.bad_answer"),
        (STREAM + b'{"result": {"outcome": "splendid"}}\n', "sandbox.bad_answer"),
        (STREAM + b"{}\n", "sandbox.bad_answer"),
        (STREAM + b'{"error": {"code": "model.refused"}}\n', "sandbox.bad_answer"),
        (STREAM + b'{"error": {"code": "sandbox.busy", "details": {"code": 1, "self": 2}}}\n', "sandbox.busy"),
        (
            STREAM + b'{"result": {"outcome": "cancelled", "exit_code": null, "stdout": "", "stderr": "", '
            b'"duration_seconds": 1}}\n',
            "sandbox.lost",
        ),
        (b"HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\n\r\n<html>", "sandbox.bad_answer"),
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nConnection: close\r\n\r\n", "sandbox.bad_answer"),
    ],
)
def test_whatever_else_answers_is_never_taken_for_a_result(answer: bytes, code: str) -> None:
    with answering_once(answer) as url:
        assert code_of(lambda: run(RemoteSandbox(url, TOKEN), "echo")) == code


def test_an_answer_without_end_is_cut_off() -> None:
    with answering_once(STREAM + b"x" * (65 << 20)) as url:
        assert code_of(lambda: run(RemoteSandbox(url, TOKEN), "echo")) == "sandbox.bad_answer"
