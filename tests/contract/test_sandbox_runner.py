"""The service that runs code for others: whom it answers, how much it takes on, and how it ends."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

import pytest

from builds.agent.errors import TransientError
from builds.agent.values import SandboxLimits, SandboxRequest, SandboxResult
from tests.contract.runner_service import ROOT, TOKEN, Runner, code_of, run, running_runner, shell

pytestmark = pytest.mark.sandbox
AUTHORISED = {"Authorization": f"Bearer {TOKEN}"}
MIB = 1 << 20


@pytest.fixture(scope="module")
def runner() -> Iterator[Runner]:
    with running_runner() as service:
        yield service


def ask(runner: Runner, method: str, path: str, **more: object) -> tuple[int, dict[str, object]]:
    """Ask by hand; whatever comes back is JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", runner.port, timeout=30)
    connection.request(method, path, **more)  # type: ignore[arg-type]
    answer = connection.getresponse()
    return answer.status, dict(json.loads(answer.read().splitlines()[-1]))


def rule(told: dict[str, object]) -> object:
    """Return which rule a refused request broke."""
    error = told["error"]
    assert isinstance(error, dict)
    assert error["code"] == "sandbox.input"
    return error["details"]["rule"]


def test_it_tells_whether_it_lives_and_can_run_code(runner: Runner) -> None:
    assert ask(runner, "GET", "/livez") == (200, {"status": "ok"})
    assert ask(runner, "GET", "/readyz") == (200, {"status": "ok"})


def test_without_a_sandbox_it_lives_but_is_not_ready(tmp_path: Path) -> None:
    with running_runner(wait=False, SANDBOX_RUNTIME_DIR=str(tmp_path)) as service:
        service.wait_until_ready(but="sandbox.unavailable")
        assert ask(service, "GET", "/livez")[0] == 200
        assert ask(service, "GET", "/readyz") == (503, {"status": "not ready", "error": "sandbox.unavailable"})
        assert code_of(service.sandbox().about) == "sandbox.unavailable"
        assert code_of(lambda: run(service.sandbox(), "echo")) == "sandbox.unavailable"


@pytest.mark.parametrize("header", [{}, {"Authorization": ""}, {"Authorization": "Bearer x"}, {"Authorization": TOKEN}])
@pytest.mark.parametrize(("method", "path"), [("GET", "/v1/about"), ("POST", "/v1/runs")])
def test_without_the_token_nothing_is_told_or_run(
    runner: Runner, header: dict[str, str], method: str, path: str
) -> None:
    status, told = ask(runner, method, path, headers=header, body=b"x" * MIB)
    assert (status, told) == (401, {"error": {"code": "sandbox.not_authorised", "details": {}}})


@pytest.mark.parametrize(
    ("body", "broken"),
    [
        (b"", "unreadable"),
        (b"hello", "unreadable"),
        (b"[]", "unreadable"),
        (b'{"argv": ["a"]}', "unreadable"),
        (b'{"argv": "ls", "files": {}}', "unreadable"),
        (b'{"argv": ["a"], "files": {"a": "no base64!"}}', "unreadable"),
        (b'{"argv": ["a"], "files": {}, "more": 1}', "unreadable"),
        (b'{"argv": ["a"], "files": {}, "limits": {"wall_seconds": "soon"}}', "unreadable"),
        (b'{"argv": [], "files": {}}', "command"),
        (b'{"argv": ["a\\u0000b"], "files": {}}', "command"),
        (json.dumps({"argv": ["a" * 200_000], "files": {}}).encode(), "command"),
        (json.dumps({"argv": ["a"] * 2_000, "files": {}}).encode(), "command"),
        (bytes(50 * MIB), "request_too_large"),
        (b"[" * (15 * MIB), "unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes {value[:40]!r}",
)
def test_what_cannot_be_run_is_refused(runner: Runner, body: bytes, broken: str) -> None:
    status, told = ask(runner, "POST", "/v1/runs", headers=AUTHORISED, body=body)
    assert (status, rule(told)) == (400, broken)


def test_the_rules_for_files_hold_for_those_who_do_not_check_them(runner: Runner) -> None:
    body = json.dumps({"argv": ["/bin/true"], "files": {"../../etc/passwd": ""}}).encode()
    status, told = ask(runner, "POST", "/v1/runs", headers=AUTHORISED, body=body)
    assert (status, rule(told)) == (200, "unsafe_name")


@pytest.mark.parametrize(
    "head",
    [
        b"nonsense\r\n\r\n",
        b"POST /v1/runs HTTP/1.1\r\n\r\n",
        b"POST /v1/runs HTTP/1.1\r\nAuthorization: Bearer %s\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"POST /v1/runs HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: -1\r\n\r\n",
        b"POST /v1/runs HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: 9999999999999999999999\r\n\r\n",
        b"POST /v1/runs HTTP/1.1\r\nAuthorization: Bearer %s\r\nContent-Length: 100\r\n\r\ncut off",
        b"POST /v1/runs HTTP/1.1\r\n" + b"a" * 100_000,
        b"GET /../../etc/passwd HTTP/1.1\r\n\r\n",
        b"DELETE /v1/runs HTTP/1.1\r\n\r\n",
        b"\x16\x03\x01" + bytes(200),
    ],
)
def test_garbage_is_answered_and_the_service_goes_on(runner: Runner, head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", runner.port), timeout=20) as connection:
        connection.sendall(head.replace(b"%s", TOKEN.encode()))
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    assert b"sandbox." in answer
    assert b"200 OK" not in answer
    assert run(runner.sandbox(), "echo on") == b"on\n"


def test_nobody_gets_more_than_the_service_allows(runner: Runner) -> None:
    limits = b'{"open_files": 100000, "processes": -1, "wall_seconds": Infinity, "cpu_seconds": 0}'
    body = b'{"argv": ["/bin/bash", "-c", "ulimit -u; ulimit -n; ulimit -t"], "files": {}, "limits": ' + limits + b"}"
    status, told = ask(runner, "POST", "/v1/runs", headers=AUTHORISED, body=body)
    assert isinstance(told["result"], dict)
    assert (status, told["result"]["stdout"]) == (200, "MjU2CjEwMjQKMTIwCg==")  # 256, 1024, 120
    short = shell("sleep 20").model_copy(update={"limits": SandboxLimits(wall_seconds=0.5)})
    assert runner.sandbox().run(short).outcome == "timeout"


def test_who_does_not_listen_does_not_stop_the_clock(runner: Runner) -> None:
    """Eight megabytes fill every buffer on the way, and the run still ends when its time is over."""
    limits = SandboxLimits(wall_seconds=1.5, output_bytes=16 * MIB)
    code = "head -c 8000000 /dev/zero; sleep 33"
    request = SandboxRequest(argv=("/bin/sh", "-c", code), files={}, limits=limits)
    sleeps = iter([2.0])
    result = runner.sandbox().run(request, on_output=lambda _: time.sleep(next(sleeps, 0.0)))
    assert (result.outcome, len(result.stdout)) == ("timeout", 8_000_000)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "SANDBOX_TOKEN"),
        ({"SANDBOX_TOKEN": "short"}, "SANDBOX_TOKEN"),
        ({"SANDBOX_TOKEN_FILE": "/nowhere"}, "SANDBOX_TOKEN_FILE"),
        ({"SANDBOX_TOKEN": TOKEN, "DATABASE_URL": "postgres://u:secret@h/d"}, "DATABASE_URL has no place"),
        ({"SANDBOX_TOKEN": TOKEN, "OPENAI_API_KEY_FILE": "/run/secrets/key"}, "OPENAI_API_KEY has no place"),
    ],
)
def test_it_does_not_start_without_a_token_or_beside_secrets(environment: dict[str, str], said: str) -> None:
    command = (sys.executable, "-m", "builds.sandbox_runner", "--listen", "127.0.0.1:1")
    told = subprocess.run(
        command, cwd=ROOT, env={"PATH": os.environ["PATH"], **environment}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 1
    assert said in told.stderr
    assert "secret@" not in told.stderr


def test_it_needs_nothing_of_the_server() -> None:
    code = (
        "import sys, builds.sandbox_runner.__main__\n"
        "print({'django', 'celery', 'redis', 'psycopg', 'httpx', 'langgraph', 'agentsite'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"


def test_a_service_told_to_stop_lets_runs_finish_and_ends_those_that_take_long() -> None:
    with running_runner("--drain-seconds", "2") as service, ThreadPoolExecutor(2) as pool:
        sandbox, begun = service.sandbox(), threading.Barrier(3)

        def start(seconds: int) -> "Future[SandboxResult]":
            return pool.submit(sandbox.run, shell(f"echo; sleep {seconds}"), on_output=lambda _: meet(begun))

        short, long = start(1), start(40)
        meet(begun)
        service.process.terminate()
        assert short.result(10).outcome == "exited"
        with pytest.raises(TransientError, match=r"sandbox\.lost"):
            long.result(10)
        assert service.process.wait(10) == 0


def meet(others: threading.Barrier) -> None:
    others.wait(10)


def test_too_many_at_once_wait_in_line_or_are_told_to_come_back() -> None:
    with running_runner("--parallel", "1", "--waiting", "1") as service, ThreadPoolExecutor(3) as pool:
        sandbox, begun, done = service.sandbox(), threading.Event(), threading.Event()
        pool.submit(sandbox.run, shell("echo; sleep 30"), on_output=lambda _: begun.set(), is_cancelled=done.is_set)
        assert begun.wait(10)
        ended = as_completed([pool.submit(run, sandbox, "echo mine") for _ in range(2)])
        assert code_of(next(ended).result) == "sandbox.busy"
        done.set()
        assert next(ended).result(10) == b"mine\n"


def test_who_waits_too_long_is_told_and_who_waits_may_cancel() -> None:
    with running_runner("--parallel", "1", "--wait-seconds", "1") as service, ThreadPoolExecutor(1) as pool:
        sandbox, begun, done = service.sandbox(), threading.Event(), threading.Event()
        first = pool.submit(
            sandbox.run, shell("echo; sleep 30"), on_output=lambda _: begun.set(), is_cancelled=done.is_set
        )
        assert begun.wait(10)
        until = time.monotonic() + 0.3
        waiting = sandbox.run(shell("echo"), is_cancelled=lambda: time.monotonic() > until)
        assert (waiting.outcome, waiting.duration_seconds) == ("cancelled", 0.0)
        assert code_of(lambda: run(sandbox, "echo")) == "sandbox.busy"
        done.set()
        assert first.result(10).outcome == "cancelled"
