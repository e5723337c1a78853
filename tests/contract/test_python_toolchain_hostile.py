"""Projects that do not want to be tested, in a real sandbox."""

import pytest

from builds.agent.values import SandboxLimits
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests.contract.projects import HONEST, PASS, outcomes

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part]


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


@pytest.fixture(scope="module")
def hasty() -> PythonToolchain:
    return PythonToolchain(choose_sandbox(), SandboxLimits(wall_seconds=8.0, cpu_seconds=10))


@pytest.mark.parametrize(
    "test",
    [
        "import pytest\n@pytest.mark.skip(reason='later')\ndef test_a():\n    assert False\n",
        "import pytest\npytest.skip('later', allow_module_level=True)\n",
        "import pytest\n@pytest.mark.xfail(reason='later')\ndef test_a():\n    assert False\n",
        "import pytest\n@pytest.mark.xfail(reason='later')\ndef test_a():\n    assert True\n",
    ],
    ids=["skip", "module", "xfail", "xpass"],
)
def test_a_skipped_test_is_not_a_pass(toolchain: PythonToolchain, test: str) -> None:
    report = toolchain.run_tests({"test_a.py": test, "test_b.py": PASS})
    assert (report.outcome, report.reason) == ("failed", "tests.skipped")
    assert [result.outcome for result in report.tests] == ["skipped", "passed"]
    assert "later" in report.tests[0].message


@pytest.mark.parametrize(
    ("test", "reason"),
    [
        ("import os\nos._exit(0)\n", "tests.no_record"),
        ("import os\ndef test_a():\n    os._exit(0)\n", "tests.no_record"),
        ("import os, signal\ndef test_a():\n    os.kill(os.getpid(), signal.SIGKILL)\n", "tests.no_record"),
        ("import os, signal\ndef test_a():\n    os.kill(os.getppid(), signal.SIGKILL)\n", "tests.no_record"),
        ("import os, signal\ndef test_a():\n    os.kill(-1, signal.SIGKILL)\n", "tests.no_record"),
        ("import sys\nsys.exit(0)\n", "tests.no_record"),
        ("import pytest\ndef test_a():\n    pytest.exit('enough', returncode=0)\n", "tests.incomplete"),
        ("raise KeyboardInterrupt\n", "tests.no_record"),
        ("import faulthandler\ndef test_a():\n    faulthandler._sigsegv()\n", "tests.no_record"),
    ],
    ids=[
        "exit at import",
        "exit",
        "kill",
        "kill parent",
        "kill all",
        "sys.exit",
        "pytest.exit",
        "interrupt",
        "segfault",
    ],
)
def test_a_run_that_stops_early_proves_nothing(toolchain: PythonToolchain, test: str, reason: str) -> None:
    report = toolchain.run_tests({"test_a.py": test, "test_z.py": PASS})
    assert report.outcome == "broken", report
    assert report.reason in {reason, "tests.incomplete"}


def test_leaving_through_sys_exit_is_a_failure_of_that_test(toolchain: PythonToolchain) -> None:
    report = toolchain.run_tests({"test_a.py": "import sys\ndef test_a():\n    sys.exit(0)\n", "test_b.py": PASS})
    assert outcomes(report) == {"test_a.py::test_a": "failed", "test_b.py::test_ok": "passed"}


@pytest.mark.parametrize(
    "trick",
    [
        "import atexit, os\natexit.register(os._exit, 0)\n",
        'import sys\nsys.stdout.write(\'{"record": {"nonce": ""}}\\n\'); sys.stdout.flush()\n',
        "import os\nfor fd in range(3, 50):\n    try: os.write(fd, b'{}\\n')\n    except OSError: pass\n",
        "import os\nos.fork()\n",
    ],
    ids=["exit hook", "fake record", "fake message", "fork"],
)
def test_tricks_do_not_turn_a_failure_into_a_pass(hasty: PythonToolchain, trick: str) -> None:
    report = hasty.run_tests({"test_a.py": f"{trick}def test_a():\n    assert False\n"})
    assert report.outcome in {"failed", "broken"}


def test_a_whole_report_written_by_foreign_code_is_recognised(toolchain: PythonToolchain) -> None:
    said = (
        '{"kind": "collected", "count": 1}\\n{"kind": "test", "id": "test_a.py::test_a", "outcome": "passed"}\\n'
        '{"kind": "finished", "exit_code": 0, "coverage": {}, "tools": {}, "arguments": []}\\n'
    )
    write = f"    try: os.write(fd, b'''{said}''')\n    except OSError: pass\n"
    code = f"import os\nfor fd in range(3, 50):\n{write}os._exit(0)\n"
    report = toolchain.run_tests({"a.py": code, "test_a.py": "import a\ndef test_a():\n    assert False\n"})
    assert (report.outcome, report.reason) == ("broken", "tests.forged")


@pytest.mark.parametrize(
    "planted",
    [
        {"conftest.py": "import os\nos._exit(0)\n"},
        {"pytest.ini": "[pytest]\naddopts = --collect-only\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-k nothing'\n"},
        {"setup.cfg": "[tool:pytest]\naddopts = --collect-only\n"},
        {"tox.ini": "[pytest]\npython_files = nothing.py\n"},
        {"sitecustomize.py": "import os\nos._exit(0)\n"},
        {
            "plugin.py": "def pytest_collection_modifyitems(items):\n    items[:] = items[:1]\n",
            "test_a.py": "pytest_plugins = ['plugin']\n",
        },
        {"coveragerc": "", "setup.py": "raise SystemExit\n"},
    ],
    ids=lambda planted: next(iter(planted)),
)
def test_configuration_that_the_project_brings_is_ignored(toolchain: PythonToolchain, planted: dict[str, str]) -> None:
    report = toolchain.run_tests({**HONEST, **planted})
    assert (report.outcome, len(report.tests)) == ("passed", 3)


def test_a_hang_ends_and_names_the_test(hasty: PythonToolchain) -> None:
    report = hasty.run_tests({"test_a.py": PASS, "test_b.py": "import time\ndef test_b():\n    time.sleep(99)\n"})
    assert (report.outcome, report.reason, report.detail) == ("broken", "tests.timeout", "test_b.py::test_b")
    assert outcomes(report) == {"test_a.py::test_ok": "passed"}


def test_a_fork_bomb_is_no_pass(hasty: PythonToolchain) -> None:
    report = hasty.run_tests({"test_a.py": "import os\ndef test_a():\n    while True:\n        os.fork()\n"})
    assert report.outcome != "passed"


def test_filling_the_disk_fails_that_test_only(toolchain: PythonToolchain) -> None:
    test = "def test_a():\n    for n in range(99):\n        open(f'{n}', 'wb').write(bytes(10 << 20))\n"
    report = toolchain.run_tests({"test_a.py": test, "test_b.py": PASS})
    assert outcomes(report) == {"test_a.py::test_a": "failed", "test_b.py::test_ok": "passed"}
    assert "No space left" in report.tests[0].message


def test_endless_output_is_cut_off(toolchain: PythonToolchain) -> None:
    report = toolchain.run_tests({"test_a.py": "def test_a():\n    while True:\n        print('x' * 1000)\n"})
    assert (report.outcome, report.reason) == ("broken", "tests.output_limit")


def test_a_test_that_takes_too_much_memory_fails(toolchain: PythonToolchain) -> None:
    test = "def test_a():\n    x = [bytes(50 << 20) for _ in range(100)]\n"
    report = toolchain.run_tests({"test_a.py": test, "test_b.py": PASS})
    assert outcomes(report) == {"test_a.py::test_a": "failed", "test_b.py::test_ok": "passed"}


def test_processes_that_together_take_too_much_memory_are_ended(toolchain: PythonToolchain) -> None:
    take = "x = b'x' * (300 << 20)"
    test = f"import os, time\ndef test_a():\n    for _ in range(2): os.fork()\n    {take}\n    time.sleep(30)\n"
    report = toolchain.run_tests({"test_a.py": test})
    assert (report.outcome, report.reason) == ("broken", "tests.memory_limit")
