"""What the Python toolchain promises, tried in a real sandbox with ordinary projects."""

import threading
import time

import pytest

from builds.agent.errors import Cancelled
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from tests.contract.projects import CORE, HONEST, ONE, PASS, ROMAN, outcomes

pytestmark = pytest.mark.sandbox


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


def test_an_honest_project_passes_with_all_that_proves_it(toolchain: PythonToolchain) -> None:
    shown: list[str] = []
    report = toolchain.run_tests(HONEST, on_output=shown.append)
    assert (report.outcome, report.reason, report.exit_code) == ("passed", "", 0)
    assert [test.id for test in report.tests] == [f"test_roman.py::test_{name}" for name in ("four", "nine", "zero")]
    assert shown[0] == "test_roman.py::test_four PASSED\n"
    assert report.coverage["roman.py"].statements == report.coverage["roman.py"].covered == 9
    assert report.coverage_percent == 100.0
    assert {"python", "pytest", "coverage", "sandbox"} == set(report.tools)
    assert "--noconftest" in report.command


def test_a_failure_tells_what_was_expected_and_where(toolchain: PythonToolchain) -> None:
    report = toolchain.run_tests({**HONEST, "roman.py": ROMAN.replace('(4, "IV"), ', "")})
    failure = report.tests[0]
    assert (report.outcome, failure.outcome) == ("failed", "failed")
    assert failure.message == "AssertionError: assert 'IIII' == 'IV'"
    assert 'File "test_roman.py", line 5, in test_four' in failure.traceback
    assert "/work" not in failure.traceback + failure.message


def test_only_frames_of_the_project_are_shown(toolchain: PythonToolchain) -> None:
    code = "import json\ndef load(text):\n    return json.loads(text)\n"
    test = "from loader import load\ndef test_load():\n    load('{')\n"
    failure = toolchain.run_tests({"loader.py": code, "test_loader.py": test}).tests[0]
    assert failure.message.startswith("json.decoder.JSONDecodeError")
    assert failure.traceback.splitlines()[-2:] == ['File "loader.py", line 3, in load', "    return json.loads(text)"]


def test_lines_that_no_test_runs_are_listed(toolchain: PythonToolchain) -> None:
    code = "def f(x):\n    if x:\n        return 1\n    return 2\n"
    tree = {"a.py": code, "unused.py": "x = 1\n", "test_a.py": "from a import f\ndef test_f():\n    assert f(0) == 2\n"}
    report = toolchain.run_tests(tree)
    assert report.coverage["a.py"].missing == (3,)
    assert report.coverage["unused.py"].covered == 0
    assert report.coverage_percent == 60.0


@pytest.mark.parametrize(
    "tree",
    [
        {"src/pkg/__init__.py": "", "src/pkg/core.py": CORE, "tests/test_core.py": f"from pkg.core import ONE\n{ONE}"},
        {"pkg/__init__.py": "", "pkg/core.py": CORE, "tests/test_core.py": f"from pkg.core import ONE\n{ONE}"},
        {
            "pkg/__init__.py": "from .core import ONE\n",
            "pkg/core.py": CORE,
            "pkg/tests/__init__.py": "",
            "pkg/tests/test_core.py": f"from .. import ONE\n{ONE}",
        },
        {
            "core.py": CORE,
            "tests/support.py": "TWO = 2\n",
            "tests/core_test.py": f"from core import ONE\nfrom support import TWO\n{ONE}    assert ONE < TWO\n",
        },
    ],
    ids=["src", "package", "tests inside", "flat"],
)
def test_common_layouts_can_be_imported(toolchain: PythonToolchain, tree: dict[str, str]) -> None:
    report = toolchain.run_tests(tree)
    assert report.outcome == "passed", report


def test_a_test_may_start_programs_of_the_project(toolchain: PythonToolchain) -> None:
    test = (
        "import subprocess, sys\n"
        "def test_main():\n"
        "    answer = subprocess.run([sys.executable, '-m', 'pkg'], capture_output=True)\n"
        "    assert answer.stdout == b'hello\\n'\n"
    )
    tree = {"src/pkg/__init__.py": "", "src/pkg/__main__.py": "print('hello')\n", "tests/test_main.py": test}
    assert toolchain.run_tests(tree).outcome == "passed"


def test_an_import_error_is_a_failure_with_its_reason(toolchain: PythonToolchain) -> None:
    report = toolchain.run_tests({"test_a.py": "from missing import f\ndef test_f():\n    f()\n", "test_b.py": PASS})
    assert report.outcome == "failed"
    assert outcomes(report) == {"test_a.py": "error", "test_b.py::test_ok": "passed"}
    assert report.tests[0].message == "ModuleNotFoundError: No module named 'missing'"


def test_broken_syntax_is_a_failure_with_its_line(toolchain: PythonToolchain) -> None:
    report = toolchain.run_tests({"a.py": "def f(:\n", "test_a.py": "import a\ndef test_f():\n    pass\n"})
    assert report.outcome == "failed"
    assert report.tests[0].message.startswith("SyntaxError: invalid syntax (a.py, line 1)")


def test_no_tests_prove_nothing(toolchain: PythonToolchain) -> None:
    report = toolchain.run_tests({"a.py": "x = 1\n", "test_a.py": "x = 1\n"})
    assert (report.outcome, report.reason) == ("broken", "tests.none")


def test_output_is_kept_with_its_test_and_decoded(toolchain: PythonToolchain) -> None:
    test = (
        "import os, sys\n"
        "def test_a():\n    print('привет 🐍')\n"
        "def test_b():\n    os.write(1, b'\\xff\\xfe'); print('err', file=sys.stderr)\n"
        "def test_c():\n    print('y' * 100_000)\n"
        "def test_d():\n    assert '\\ud800' == 'é'\n"
    )
    report = toolchain.run_tests({"test_a.py": test})
    first, second, third, fourth = report.tests
    assert first.output == "привет 🐍\n"
    assert "\ufffd\ufffd" in second.output
    assert "err" in second.output
    assert 4096 <= len(third.output) <= 4200
    assert "é" in fourth.message


def test_an_exception_that_cannot_be_printed_does_not_stop_the_run(toolchain: PythonToolchain) -> None:
    test = "class E(Exception):\n    def __str__(self): raise E\ndef test_a():\n    raise E\n"
    assert outcomes(toolchain.run_tests({"test_a.py": test, "test_b.py": PASS}))["test_a.py::test_a"] == "failed"


def test_parameters_subtests_and_fixtures_are_counted(toolchain: PythonToolchain) -> None:
    test = (
        "import pytest\n"
        "@pytest.mark.parametrize('n', [1, 2])\ndef test_n(n): assert n\n"
        "@pytest.fixture\ndef broken(): raise OSError('no')\n"
        "def test_broken(broken): pass\n"
        "def test_sub(subtests):\n    with subtests.test('one'): assert False\n"
    )
    report = toolchain.run_tests({"test_a.py": test})
    assert [result.outcome for result in report.tests] == ["passed", "passed", "error", "failed"]


@pytest.mark.parametrize(
    "test",
    [
        "import doctest, core\ndef test_a():\n    assert doctest.testmod(core) == (0, 1)\n",
        "import builtins, copy\ndef test_a():\n    builtins.__spec__ = copy.copy(builtins.__spec__)\n",
    ],
    ids=["doctest restores the trace function", "a module's own description"],
)
def test_what_honest_projects_do_to_the_interpreter_is_no_meddling(toolchain: PythonToolchain, test: str) -> None:
    code = '"""\n>>> ONE\n1\n"""\nONE = 1\ndef later():\n    return 2\n'
    last = "from core import later\ndef test_later():\n    assert later() == 2\n"
    report = toolchain.run_tests({"core.py": code, "test_a.py": test, "test_b.py": last})
    assert (report.outcome, report.reason) == ("passed", "")
    assert report.coverage["core.py"].missing == ()  # tracing goes on


def test_a_cancelled_run_unwinds(toolchain: PythonToolchain) -> None:
    begun = threading.Event()
    tree = {"test_a.py": PASS, "test_b.py": "import time\ndef test_b():\n    time.sleep(99)\n"}
    started = time.monotonic()
    with pytest.raises(Cancelled):
        toolchain.run_tests(tree, is_cancelled=begun.is_set, on_output=lambda _: begun.set())
    assert time.monotonic() - started < 3
