"""What a sandbox does to those who take too much or do not stop."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest
from builds.sandbox.choose import choose_sandbox
from builds.sandbox.housekeeping import remove_orphans
from tests.contract.sandbox_probes import MIB, REPOSITORY, answer, eventually_gone, host_processes, run

pytestmark = [pytest.mark.sandbox, pytest.mark.alone]
FILES_PEOPLE_SEND = SandboxLimits(file_bytes=32 << 20, input_file_bytes=20 << 20, input_bytes=20 << 20)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose_sandbox()


def test_a_command_that_never_ends_is_ended(sandbox: Sandbox) -> None:
    started = time.monotonic()
    result = run(sandbox, "import time; print('begun', flush=True); time.sleep(30)", wall_seconds=1.0)
    assert (result.outcome, result.exit_code, result.stdout) == ("timeout", None, b"begun\n")
    assert time.monotonic() - started < 5


def test_processor_time_is_limited(sandbox: Sandbox) -> None:
    assert run(sandbox, "while True: pass", cpu_seconds=1, wall_seconds=10).outcome == "timeout"


def test_one_process_cannot_take_more_memory_than_its_share(sandbox: Sandbox) -> None:
    result = run(sandbox, "x = bytearray(200 << 20)", process_memory_bytes=100 * MIB)
    assert b"MemoryError" in result.stderr


def test_many_processes_cannot_take_more_memory_than_one_sandbox_may(sandbox: Sandbox) -> None:
    code = "import os, time\nfor _ in range(3): os.fork()\nx = b'x' * (60 << 20)\ntime.sleep(20)"
    assert run(sandbox, code, memory_bytes=256 * MIB, wall_seconds=10).outcome == "memory_limit"


def test_memory_that_a_dead_child_filled_is_counted(sandbox: Sandbox) -> None:
    code = (
        "import mmap, os, time\n"
        "maps = [mmap.mmap(-1, 64 << 20) for _ in range(6)]\n"
        "for map in maps:\n"
        "    child = os.fork()\n"
        "    if child == 0: map.write(b'x' * (64 << 20)); os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "time.sleep(20)\n"
    )
    assert run(sandbox, code, memory_bytes=256 * MIB, wall_seconds=10).outcome == "memory_limit"


def test_a_fork_bomb_is_stopped_by_the_process_limit(sandbox: Sandbox) -> None:
    code = (
        "import os, time\n"
        "count = 0\n"
        "try:\n"
        "    while True:\n"
        "        if os.fork() == 0: time.sleep(20)\n"
        "        count += 1\n"
        "except BlockingIOError: print(count)\n"
    )
    assert 5 < int(answer(sandbox, code, processes=20)) < 20


def test_files_open_files_and_disk_are_limited(sandbox: Sandbox) -> None:
    code = (
        "try: open('/work/a', 'wb').write(bytes(3 << 20))\n"
        "except OSError as error: print(error.strerror)\n"
        "try:\n"
        "    for n in range(9): open(f'/tmp/{n}', 'wb').write(bytes(1 << 20))\n"
        "except OSError as error: print(error.strerror)\n"
        "try: files = [open('/dev/null') for _ in range(100)]\n"
        "except OSError as error: print(error.strerror)\n"
    )
    expected = "File too large\nNo space left on device\nToo many open files\n"
    assert answer(sandbox, code, file_bytes=2 * MIB, work_bytes=4 * MIB, open_files=50) == expected


def test_a_flood_of_tiny_files_is_stopped(sandbox: Sandbox) -> None:
    code = "import os\nfor n in range(10**7): os.mkdir(f'/work/{n}')"
    assert run(sandbox, code, inodes=2_000, wall_seconds=10).outcome == "memory_limit"


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_endless_output_is_cut_off(sandbox: Sandbox, stream: str) -> None:
    result = run(sandbox, f"import sys\nwhile True: sys.{stream}.write('x' * 1000)", output_bytes=10_000)
    assert (result.outcome, len(result.stdout) + len(result.stderr)) == ("output_limit", 10_000)


def test_output_can_be_watched_while_it_comes(sandbox: Sandbox) -> None:
    pieces: list[bytes] = []
    argv = ("/bin/sh", "-c", "echo one; sleep 0.2; echo two")
    result = sandbox.run(SandboxRequest(argv=argv, files={}), on_output=pieces.append)
    assert pieces == [b"one\n", b"two\n"]
    assert result.stdout == b"one\ntwo\n"


def test_what_was_left_running_is_dead_and_was_not_waited_for(sandbox: Sandbox) -> None:
    token = f"left-{os.getpid()}-{time.monotonic_ns()}"
    argv = ("/bin/sh", "-c", f"setsid sh -c 'sleep 31; : {token}' & setsid sleep 32 & echo done")
    started = time.monotonic()
    assert sandbox.run(SandboxRequest(argv=argv, files={})).stdout == b"done\n"
    assert time.monotonic() - started < 5
    assert host_processes(token) == []


def test_a_cancelled_run_ends_at_once_with_all_its_children(sandbox: Sandbox) -> None:
    token = f"cancelled-{os.getpid()}-{time.monotonic_ns()}"
    began, asked = threading.Event(), threading.Event()
    request = SandboxRequest(argv=("/bin/sh", "-c", f"echo begun; sh -c 'sleep 33; : {token}'; :"), files={})
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(sandbox.run, request, is_cancelled=asked.is_set, on_output=lambda _: began.set())
        assert began.wait(5)
        asked.set()
        started = time.monotonic()
        assert running.result().outcome == "cancelled"
    assert time.monotonic() - started < 0.2
    assert host_processes(token) == []


def test_a_server_that_is_killed_leaves_nothing_behind() -> None:
    token = f"orphan-{os.getpid()}-{time.monotonic_ns()}"
    script = (
        "from builds.sandbox.choose import choose_sandbox\n"
        "from builds.agent.values import SandboxRequest\n"
        f"request = SandboxRequest(argv=('/bin/sh', '-c', 'echo; sleep 34; : {token}'), files={{}})\n"
        "choose_sandbox().run(request, on_output=lambda _: print('begun', flush=True))\n"
    )
    with tempfile.TemporaryDirectory() as folder:  # the killed server can't tidy up
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(REPOSITORY), *filter(None, sys.path)]),
            "TMPDIR": folder,
        }
        server = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, env=environment)
        assert server.stdout is not None
        assert server.stdout.readline() == b"begun\n"
        assert host_processes(f"sleep 34; : {token}") != []
        server.send_signal(signal.SIGKILL)
        server.wait()
        server.stdout.close()
        assert eventually_gone(f"sleep 34; : {token}")
    remove_orphans()  # as the next start would: the killed server's control groups


def test_sandboxes_run_side_by_side_without_seeing_each_other(sandbox: Sandbox) -> None:
    code = (
        "import os, time\n"
        "open('/work/mine', 'w'); time.sleep(0.3)\n"
        "try: os.kill(-1, 0); seen = True\n"
        "except OSError: seen = False\n"
        "print(os.getuid(), len(os.listdir('/work')), seen)\n"
    )
    with ThreadPoolExecutor(4) as pool:
        answers = [line.split() for line in pool.map(lambda _: answer(sandbox, code), range(4))]
    assert {tuple(rest) for _, *rest in answers} == {("1", "False")}
    if sandbox.describe().identity == "pooled-uid":
        assert len({uid for uid, *_ in answers}) == 4


def test_a_file_that_people_send_may_be_larger_than_a_projects(sandbox: Sandbox) -> None:
    argv, large = ("/usr/bin/wc", "-c", "file"), {"file": bytes(20_000_000)}
    with pytest.raises(AgentError) as refused:
        sandbox.run(SandboxRequest(argv=argv, files=large))
    assert (refused.value.code, refused.value.details["rule"]) == ("sandbox.input", "total_too_large")
    told = sandbox.run(SandboxRequest(argv=argv, files=large, limits=FILES_PEOPLE_SEND))
    assert told.stdout.split()[0] == b"20000000"
    with pytest.raises(AgentError):
        sandbox.run(SandboxRequest(argv=argv, files={"a": large["file"], "b": large["file"]}, limits=FILES_PEOPLE_SEND))
