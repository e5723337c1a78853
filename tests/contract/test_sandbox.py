"""What every sandbox promises, tried on each one that works on this machine."""

import errno
import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxRequest
from builds.sandbox.choose import choose_sandbox
from tests.contract.sandbox_probes import MIB, PYTHON, REPOSITORY, answer, ordinary_user, run, system_call

pytestmark = pytest.mark.sandbox
IN_BOTH_IDENTITIES = (
    "test_sandbox_probes.py",
    *(
        pytest.param(name, marks=pytest.mark.thorough)
        for name in (
            "test_sandbox.py",
            "test_sandbox_limits.py",
            "test_sandbox_endings.py",
            "test_sandbox_kills.py",
            "test_sandbox_planted.py",
        )
    ),
)


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return choose_sandbox()


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

    def fail(_: bytes) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sandbox.run(SandboxRequest(argv=("/bin/echo",), files={}), on_output=fail)
    assert list(tmp_path.iterdir()) == []


def test_the_servers_environment_is_not_visible(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_CANARY", "f00dcafe")
    names = set(json.loads(answer(sandbox, "import os, json; print(json.dumps(list(os.environ)))")))
    assert names <= {"PATH", "HOME", "LANG", "PWD"}


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


def test_no_descriptor_of_the_host_is_open(sandbox: Sandbox) -> None:
    code = "import os\nfor number in range(256):\n    try: os.fstat(number); print(number)\n    except OSError: pass\n"
    assert answer(sandbox, code) == "0\n1\n2\n"


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
        "assert subprocess.run([sys.executable, '-c', 'print(1)'], capture_output=True, env={}).stdout == b'1\\n'\n"
        "thread = threading.Thread(target=print, args=('thread',)); thread.start(); thread.join()\n"
        "print(multiprocessing.get_context('fork').Pool(2).map(abs, [-1, -2]))\n"
        "asyncio.run(asyncio.sleep(0)); sqlite3.connect(tempfile.mktemp()).execute('create table t(a)')\n"
    )
    assert answer(sandbox, code) == "thread\n[1, 2]\n"


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
@pytest.mark.parametrize("name", IN_BOTH_IDENTITIES)
def test_all_of_this_also_holds_for_an_ordinary_user(name: str) -> None:
    with ordinary_user() as python:
        options = (
            *("-c", "/dev/null", "--rootdir", str(REPOSITORY), "--noconftest", "-q"),
            *("-p", "no:cacheprovider", "-p", "no:django"),
        )
        file = str(Path(__file__).with_name(name))
        suite = subprocess.run([*python, "-m", "pytest", *options, file], capture_output=True, text=True, check=False)
    assert suite.returncode == 0, suite.stdout[-4000:] + suite.stderr[-2000:]
