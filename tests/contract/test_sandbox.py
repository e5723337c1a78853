"""What every sandbox promises, tried on each one that works on this machine."""

import contextlib
import errno
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest, SandboxResult
from builds.sandbox.choose import choose_sandbox, runtime_directory

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = ("/runtime/bin/python", "-I")
MIB = 1 << 20


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose_sandbox()


def run(sandbox: Sandbox, code: str, **limits: float) -> SandboxResult:
    request = SandboxRequest(argv=(*PYTHON, "-c", code), files={}, limits=SandboxLimits.model_validate(limits))
    return sandbox.run(request)


def answer(sandbox: Sandbox, code: str, **limits: float) -> str:
    result = run(sandbox, code, **limits)
    assert result.outcome == "exited", result
    assert result.exit_code == 0, result.stderr.decode()
    return result.stdout.decode()


def system_call(sandbox: Sandbox, arguments: str) -> int:
    """Make a call that should fail and return its error number."""
    code = f"import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.syscall({arguments}), ctypes.get_errno())"
    result, number = answer(sandbox, code).split()
    assert result == "-1"
    return int(number)


def test_the_strongest_kind_for_this_user_is_chosen(sandbox: Sandbox) -> None:
    about = sandbox.describe()
    assert (about.backend, about.identity) == ("bubblewrap", "pooled-uid" if os.geteuid() == 0 else "unprivileged")
    assert about.version[0].isdigit()


def test_a_command_gets_its_input_and_gives_its_exit_code(sandbox: Sandbox) -> None:
    argv = ("/bin/sh", "-c", "cat; echo no >&2; exit 3")
    result = sandbox.run(SandboxRequest(argv=argv, files={}, stdin=b"yes" * 100_000))
    assert (result.outcome, result.exit_code, result.stderr) == ("exited", 3, b"no\n")
    assert result.stdout == b"yes" * 100_000


def test_an_unknown_program_ends_like_in_a_shell(sandbox: Sandbox) -> None:
    assert sandbox.run(SandboxRequest(argv=("/no/such/program",), files={})).exit_code == 127


def test_files_are_copied_to_a_place_that_can_be_changed(sandbox: Sandbox) -> None:
    code = "open('a/b.txt', 'a').write('!'); print(open('a/b.txt').read(), open('/src/a/b.txt').read())"
    result = sandbox.run(SandboxRequest(argv=(*PYTHON, "-c", code), files={"a/b.txt": b"hi"}))
    assert result.stdout == b"hi! hi\n"


def test_nothing_is_left_of_an_earlier_run(sandbox: Sandbox) -> None:
    assert answer(sandbox, "open('/work/x', 'w'); open('/tmp/x', 'w')") == ""
    assert answer(sandbox, "import os; print(os.listdir('/work') + os.listdir('/tmp'))") == "[]\n"


def test_the_temporary_folder_is_removed(sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    answer(sandbox, "pass")
    with pytest.raises(ZeroDivisionError):
        sandbox.run(SandboxRequest(argv=("/bin/echo",), files={}), on_output=lambda _: divmod(1, 0))
    assert list(tmp_path.iterdir()) == []


def test_the_servers_environment_is_not_visible(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", "f00dcafe")
    names = set(json.loads(answer(sandbox, "import os, json; print(json.dumps(list(os.environ)))")))
    assert names <= {"PATH", "HOME", "LANG", "PWD", "LD_LIBRARY_PATH"}


def test_no_path_of_the_host_is_visible(sandbox: Sandbox) -> None:
    code = (
        "import os, sys\n"
        "print(os.listdir('/'), sys.path, sys.prefix, sys.base_prefix, os.path.realpath(sys.executable))\n"
    )
    seen = answer(sandbox, code)
    assert str(REPOSITORY) not in seen
    assert "home" not in seen
    assert "root" not in seen


def test_a_file_of_the_host_that_anybody_may_read_is_not_there(sandbox: Sandbox) -> None:
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).chmod(0o644)
        assert answer(sandbox, f"import os; print(os.path.exists({file.name!r}))") == "False\n"
    assert answer(sandbox, f"import os; print(os.path.exists({str(REPOSITORY)!r}))") == "False\n"


def test_the_hosts_sockets_cannot_be_reached(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as abstract:
        name = f"\0agentsite-{os.getpid()}"
        abstract.bind(name)
        abstract.listen()
        code = (
            "import socket\n"
            f"targets = (2, ('127.0.0.1', {server.getsockname()[1]})), (1, {name!r}), (2, ('1.1.1.1', 53))\n"
            "for family, address in targets:\n"
            "    try: socket.socket(family).connect(address); print('reached')\n"
            "    except OSError as error: print('refused')\n"
        )
        assert answer(sandbox, code) == "refused\n" * 3


def test_only_ordinary_sockets_can_be_made(sandbox: Sandbox) -> None:
    code = (
        "import socket\n"
        "for family in (1, 2, 10, 16, 17, 38, 40):\n"
        "    try: socket.socket(family, 2); print(family)\n"
        "    except OSError: pass\n"
    )
    assert answer(sandbox, code) == "1\n2\n10\n"


@pytest.mark.parametrize(
    ("number", "arguments"),
    [
        (165, "b'none', b'/tmp', b'tmpfs', 0, 0"),  # mount
        (272, "0x10000000"),  # unshare
        (101, "0, 0, 0, 0"),  # ptrace
        (319, "b'x', 0"),  # memfd_create
        (29, "0, 4096, 0o666"),  # shmget
        (250, "0, 0, 0"),  # keyctl
        (321, "0, 0, 0"),  # bpf
        (298, "0, 0, 0, 0, 0"),  # perf_event_open
        (425, "1, 0"),  # io_uring_setup
        (310, "1, 0, 0, 0, 0, 0"),  # process_vm_readv
        (16, "0, 0x5412, b'x'"),  # ioctl TIOCSTI
        (56, "0x10000011, 0, 0, 0, 0"),  # clone with a user namespace
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
def test_dangerous_system_calls_are_denied(sandbox: Sandbox, number: int, arguments: str) -> None:
    assert system_call(sandbox, f"{number}, {arguments}") == errno.EPERM


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86-64")
@pytest.mark.parametrize("number", [400, 435, 453, 600, 100_000])
def test_unknown_system_calls_do_not_exist(sandbox: Sandbox, number: int) -> None:
    assert system_call(sandbox, f"{number}, 0, 0") == errno.ENOSYS


def test_processes_have_numbers_of_their_own_and_see_no_others(sandbox: Sandbox) -> None:
    assert answer(sandbox, "import os; print(os.getpid() < 10, os.path.exists('/proc/1'))") == "True False\n"


def test_the_user_is_nobody_in_particular(sandbox: Sandbox) -> None:
    code = (
        "import os, pwd\n"
        "print(0 in (*os.getresuid(), *os.getresgid(), *os.getgroups()), pwd.getpwuid(os.getuid()).pw_name)\n"
    )
    assert answer(sandbox, code) == "False sandbox\n"


@pytest.mark.parametrize(
    "place", ["/", "/usr", "/etc", "/src", "/driver", "/runtime", "/dev", "/usr/local", "/runtime/bin"]
)
def test_nothing_outside_the_work_folder_can_be_written(sandbox: Sandbox, place: str) -> None:
    assert b"Error" in run(sandbox, f"open('{place}/x', 'w')").stderr


def test_ordinary_programs_work(sandbox: Sandbox) -> None:
    code = (
        "import asyncio, subprocess, sys, tempfile, threading, multiprocessing, sqlite3, ssl, decimal\n"
        "assert subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True).stdout == b'1\\n'\n"
        "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "print(multiprocessing.get_context('fork').Pool(2).map(abs, [-1, -2]))\n"
        "asyncio.run(asyncio.sleep(0)); sqlite3.connect(tempfile.mktemp()).execute('create table t(a)')\n"
    )
    assert answer(sandbox, code) == "thread\n[1, 2]\n"


def test_a_command_that_never_ends_is_ended(sandbox: Sandbox) -> None:
    started = time.monotonic()
    result = run(sandbox, "import time; print('begun', flush=True); time.sleep(30)", wall_seconds=0.3)
    assert (result.outcome, result.exit_code, result.stdout) == ("timeout", None, b"begun\n")
    assert time.monotonic() - started < 1


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
    assert time.monotonic() - started < 1
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


@pytest.mark.parametrize(
    ("files", "rule"),
    [
        ({f"f{n}": b"" for n in range(101)}, "too_many_files"),
        ({"a": bytes(MIB + 1)}, "file_too_large"),
        ({f"f{n}": bytes(MIB) for n in range(6)}, "total_too_large"),
        ({"../a": b""}, "unsafe_name"),
        ({"/etc/passwd": b""}, "unsafe_name"),
        ({"a//b": b""}, "unsafe_name"),
        ({"": b""}, "unsafe_name"),
        ({".git/config": b""}, "unsafe_name"),
        ({"a\nb": b""}, "unsafe_name"),
        ({"caf\u00e9.py": b""}, "unsafe_name"),
        ({"C:\\a": b""}, "unsafe_name"),
        ({"aux.py": b""}, "unsafe_name"),
        ({"A.py": b"", "a.py": b""}, "name_collision"),
        ({"a": b"", "a/b": b""}, "name_collision"),
        ({"/".join("abcdefghi"): b""}, "too_deep"),
    ],
)
def test_input_that_no_honest_project_needs_is_refused(sandbox: Sandbox, files: dict[str, bytes], rule: str) -> None:
    with pytest.raises(AgentError) as caught:
        sandbox.run(SandboxRequest(argv=("/bin/true",), files=files))
    assert (caught.value.code, caught.value.details["rule"]) == ("sandbox.input", rule)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
@pytest.mark.skipif(not Path("/usr/bin/python3").exists(), reason="needs a Python that any user can run")
def test_all_of_this_also_holds_for_an_ordinary_user() -> None:
    with open_runtime() as folder:
        environment = [
            f"PYTHONPATH={REPOSITORY}:{sysconfig.get_path('purelib')}",
            f"SANDBOX_RUNTIME_DIR={folder}",
            f"TMPDIR={folder / 'tmp'}",
        ]
        identity = ("/usr/bin/setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups")
        options = (
            "-c",
            "/dev/null",
            "--rootdir",
            str(REPOSITORY),
            "--noconftest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:django",
        )
        command = ("/usr/bin/python3", "-B", "-m", "pytest", *options, str(Path(__file__)))
        suite = subprocess.run(
            [*identity, "/usr/bin/env", "-i", *environment, *command], capture_output=True, text=True, check=False
        )
    assert suite.returncode == 0, suite.stdout[-4000:] + suite.stderr[-2000:]


@contextlib.contextmanager
def open_runtime() -> Iterator[Path]:
    """Make a runtime out of the system's Python and the packages of the real one, readable by everybody."""
    packages = next(runtime_directory().glob("lib/python3.*/site-packages"))
    version = subprocess.run(["/usr/bin/python3", "-V"], capture_output=True, text=True, check=True).stdout
    if packages.parent.name != "python" + ".".join(version.split()[1].split(".")[:2]):
        pytest.skip("the system's Python is of another version than the runtime")
    folder = Path(tempfile.mkdtemp())
    try:
        (folder / "bin").mkdir()
        (folder / "bin" / "python").symlink_to("/usr/bin/python3")
        (folder / packages.parent.relative_to(runtime_directory())).mkdir(parents=True)
        (folder / packages.relative_to(runtime_directory())).symlink_to(packages)
        shutil.copy(runtime_directory() / "bin" / "ruff", folder / "bin" / "ruff")
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o1777)
        folder.chmod(0o755)
        yield folder
    finally:
        shutil.rmtree(folder)


def host_processes(token: str) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            text = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if token in text and "choose_sandbox" not in text:
                found.append(text)
    return found


def eventually_gone(token: str) -> bool:
    deadline = time.monotonic() + 2
    while host_processes(token):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
