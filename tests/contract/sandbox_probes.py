"""Ways to try a sandbox from inside and to look at it from outside."""

import contextlib
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builds.agent.ports import Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest, SandboxResult
from builds.sandbox.choose import runtime_directory
from builds.sandbox.folders import PREFIX

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = ("/runtime/bin/python", "-I")
MIB = 1 << 20


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


@contextlib.contextmanager
def ordinary_user() -> Iterator[list[str]]:
    """Give root the beginning of a command that runs this repository's Python as somebody without privileges."""
    with open_runtime() as folder:
        environment = (
            f"PYTHONPATH={REPOSITORY}:{sysconfig.get_path('purelib')}",
            f"SANDBOX_RUNTIME_DIR={folder}",
            f"TMPDIR={folder / 'tmp'}",
        )
        identity = ("/usr/bin/setpriv", "--reuid", "54321", "--regid", "54321", "--clear-groups")
        yield [*identity, "/usr/bin/env", "-i", *environment, "/usr/bin/python3", "-B"]


def left_by_a_killed_process(parent: Path) -> Path:
    """Have a process of its own make a sandbox's folder and die with it; the folder stays."""
    script = (
        "import os, sys; from pathlib import Path; from builds.sandbox.folders import owned_folder\n"
        "with owned_folder(Path(sys.argv[1])) as folder: (folder / 'file').touch(); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(parent)], cwd=REPOSITORY, check=True)
    (file,) = parent.glob(f"{PREFIX}*/file")
    return file.parent


def host_processes(token: str) -> list[str]:
    """Return the command lines on the host that hold a text, but not those of the tests' own servers."""
    texts = (text for _, text in _command_lines())
    return [text for text in texts if token in text and "choose_sandbox" not in text]


def host_pids(token: str) -> list[int]:
    """Return the numbers of the processes whose command line holds a text; zombies have none."""
    return [pid for pid, text in _command_lines() if token in text]


def _command_lines() -> Iterator[tuple[int, str]]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield int(path.parent.name), path.read_bytes().replace(b"\0", b" ").decode(errors="replace")


def eventually_gone(token: str) -> bool:
    return eventually(lambda: not host_processes(token))


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 2
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
