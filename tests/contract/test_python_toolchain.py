"""What the Python toolchain promises, tried in a real sandbox, with honest projects and with hostile ones."""

import threading
import time

import pytest

from builds.agent.errors import Cancelled
from builds.agent.values import Example, SandboxLimits, TestReport
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from builds.toolchains.registry import toolchain_for

ROMAN = """\
def to_roman(number: int) -> str:
    if number < 1:
        raise ValueError(number)
    result = ""
    for value, letters in ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):
        while number >= value:
            result += letters
            number -= value
    return result
"""
TESTS = """\
import pytest
from roman import to_roman

def test_four() -> None:
    assert to_roman(4) == "IV"

def test_nine() -> None:
    assert to_roman(9) == "IX"

def test_zero() -> None:
    with pytest.raises(ValueError):
        to_roman(0)
"""
HONEST = {"roman.py": ROMAN, "test_roman.py": TESTS}
CORE = "ONE = 1\n"
ONE = "def test_one():\n    assert ONE == 1\n"
PASS = "def test_ok():\n    assert True\n"


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


@pytest.fixture(scope="module")
def hasty() -> PythonToolchain:
    return PythonToolchain(choose_sandbox(), SandboxLimits(wall_seconds=4.0, cpu_seconds=10))


def outcomes(report: TestReport) -> dict[str, str]:
    return {test.id: test.outcome for test in report.tests}


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
        ("import ctypes\ndef test_a():\n    ctypes.string_at(0)\n", "tests.no_record"),
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
        'import os\nfor fd in range(3, 50):\n    try: os.write(fd, b\'{"kind": "finished", "exit_code": 0}\\n\')\n    except OSError: pass\n',
        "import os\nos.fork()\n",
    ],
    ids=["exit hook", "fake record", "fake message", "fork"],
)
def test_tricks_do_not_turn_a_failure_into_a_pass(toolchain: PythonToolchain, trick: str) -> None:
    report = toolchain.run_tests({"test_a.py": f"{trick}def test_a():\n    assert False\n"})
    assert report.outcome in {"failed", "broken"}


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


def test_a_cancelled_run_unwinds(toolchain: PythonToolchain) -> None:
    begun = threading.Event()
    tree = {"test_a.py": PASS, "test_b.py": "import time\ndef test_b():\n    time.sleep(99)\n"}
    started = time.monotonic()
    with pytest.raises(Cancelled):
        toolchain.run_tests(tree, is_cancelled=begun.is_set, on_output=lambda _: begun.set())
    assert time.monotonic() - started < 3


def test_honest_tests_hold_against_stubs(toolchain: PythonToolchain) -> None:
    report = toolchain.negative_control(HONEST)
    assert (report.outcome, report.sensitivity_percent, report.uncovered_functions) == ("held", 100.0, ())


def test_tests_that_do_not_look_are_found_out(toolchain: PythonToolchain) -> None:
    blind = TESTS + "\n".join(f"def test_blind_{n}():\n    assert True" for n in range(3))
    report = toolchain.negative_control({**HONEST, "test_roman.py": blind})
    assert (report.outcome, report.reason, report.sensitivity_percent) == ("failed", "control.insensitive_tests", 50.0)
    assert report.insensitive == tuple(f"test_roman.py::test_blind_{n}" for n in range(3))


def test_a_public_function_that_no_test_runs_is_named(toolchain: PythonToolchain) -> None:
    code = ROMAN + (
        "\ndef forgotten():\n    return 1\n"
        "\ndef _private():\n    return 2\n"
        "\nclass Clock:\n    def tick(self):\n        return self._tock()\n    def _tock(self):\n        return 1\n"
        "\ndouble = lambda x: 2 * x\n"
    )
    report = toolchain.negative_control({**HONEST, "roman.py": code})
    assert (report.outcome, report.reason) == ("failed", "control.uncovered_functions")
    assert report.uncovered_functions == ("roman.forgotten", "roman.Clock.tick", "roman.double")


def test_functions_that_run_inside_others_count_as_run(toolchain: PythonToolchain) -> None:
    tree = {
        "a.py": "def inner(x):\n    return x + 1\n\ndef outer(x):\n    return inner(x) * 2\n",
        "test_a.py": "from a import outer\ndef test_outer():\n    assert outer(1) == 4\n",
    }
    assert toolchain.negative_control(tree).outcome == "held"


def test_a_module_that_computes_at_import_is_judged_by_its_tests(toolchain: PythonToolchain) -> None:
    tree = {
        "a.py": "def square(x):\n    return x * x\n\nTABLE = [square(n) for n in range(9)]\n",
        "test_a.py": (
            "import a\ndef test_table():\n    assert a.TABLE[2] == 4\ndef test_square():\n    assert a.square(3) == 9\n"
        ),
    }
    report = toolchain.negative_control(tree)
    assert report.sensitive == ("test_a.py::test_square",)
    assert report.insensitive == ("test_a.py::test_table",)


@pytest.mark.parametrize(
    ("tree", "reason"),
    [
        ({"a.py": "X = 1\n", "test_a.py": "import a\ndef test_x():\n    assert a.X == 1\n"}, "control.no_functions"),
        ({"roman.py": ROMAN, "test_a.py": "def test_a():\n    assert False\n"}, "control.no_passing_tests"),
        ({"roman.py": ROMAN, "test_a.py": "import time\ndef test_a():\n    time.sleep(99)\n"}, "control.timeout"),
        ({"roman.py": ROMAN, "test_a.py": "import os\nos._exit(0)\n"}, "control.no_record"),
    ],
    ids=["no functions", "nothing passes", "hang", "exit"],
)
def test_a_control_that_says_nothing_is_inconclusive(hasty: PythonToolchain, tree: dict[str, str], reason: str) -> None:
    report = hasty.negative_control(tree)
    assert (report.outcome, report.reason) == ("inconclusive", reason)


def test_the_requests_examples_run_as_tests(toolchain: PythonToolchain) -> None:
    words = "\"\"\"\nimport os; os._exit(0)\n''' \\"
    examples = [
        Example(expression="to_roman(4)", expected="'IV'", function="to_roman", source=words),
        Example(expression="to_roman(0)", expected="", raises="ValueError", function="to_roman", source=words),
        Example(expression="to_roman(9)", expected="'VIIII'", function="to_roman", source=words),
        Example(expression="absent(9)", expected="1", function="absent", source=words),
    ]
    tree = toolchain.acceptance_tests(examples, {"roman.py": ROMAN})
    report = toolchain.run_tests({"roman.py": ROMAN, **tree})
    assert [test.outcome for test in report.tests] == ["passed", "passed", "failed", "failed"]
    assert report.tests[3].message.startswith("ImportError: cannot import name 'absent' from 'roman'")


def test_an_analysis_gives_scores_and_remarks(toolchain: PythonToolchain) -> None:
    code = (
        "import os\nimport subprocess\n\n"
        "def run(command: str, cache={}) -> int:\n"
        "    subprocess.call(command, shell=True)  # nosec\n"
        "    return 'done'\n"
    )
    report = toolchain.analyse({"run.py": code, "test_run.py": "import pickle\n"}, coverage_percent=40.0)
    assert report.tools_failed == {}
    assert {"B602"} <= {finding.rule for finding in report.security_issues}
    assert {"F401", "B006"} <= {finding.rule for finding in report.code_smells}
    assert [finding.line for finding in report.type_errors] == [6]
    assert "coverage" in {finding.rule for finding in report.recommendations}
    assert report.security_score is not None
    assert report.security_score <= 6
    assert report.quality_score is not None
    assert report.quality_score < 10
    assert report.maintainability_index is not None
    assert (report.lines_of_code, report.cyclomatic_complexity) == (5, 1.0)
    assert {finding.file for finding in report.security_issues} == {"run.py"}


def test_configuration_of_the_project_does_not_quieten_the_analysers(toolchain: PythonToolchain) -> None:
    code = "import os  # noqa\nimport pickle\n\ndef f(x: int) -> str:\n    pickle.loads(x)\n    return x\n"
    quiet = {
        "pyproject.toml": (
            "[tool.ruff]\nexclude = ['*']\n[tool.mypy]\nignore_errors = true\n[tool.bandit]\nskips = ['B301']\n"
        ),
        "ruff.toml": "exclude = ['*']\n",
        "mypy.ini": "[mypy]\nignore_errors = True\nplugins = evil.py\n",
    }
    loud, quietened = (toolchain.analyse({"a.py": code, **more}, coverage_percent=None) for more in ({}, quiet))
    assert loud.security_issues == quietened.security_issues != ()
    assert loud.code_smells == quietened.code_smells != ()
    assert loud.type_errors == quietened.type_errors != ()


def test_a_tool_that_fails_gives_no_score(toolchain: PythonToolchain) -> None:
    report = toolchain.analyse({"a.py": "def f(:\n"}, coverage_percent=None)
    assert {"bandit", "mypy"} <= set(report.tools_failed)
    assert (report.security_score, report.maintainability_index, report.quality_score) == (None, None, 0.0)


def test_types_are_checked_across_a_src_layout(toolchain: PythonToolchain) -> None:
    tree = {
        "src/pkg/__init__.py": "",
        "src/pkg/a.py": "def one() -> int:\n    return 1\n",
        "src/pkg/b.py": "from pkg.a import one\n\nTEXT: str = one()\n",
    }
    report = toolchain.analyse(tree, coverage_percent=None)
    assert [(finding.file, finding.line) for finding in report.type_errors] == [("src/pkg/b.py", 3)]


def test_a_project_without_code_has_no_scores(toolchain: PythonToolchain) -> None:
    report = toolchain.analyse({"README.md": "# hi\n"}, coverage_percent=None)
    assert report.quality_score is None
    assert set(report.tools_failed.values()) == {"no_code"}


def test_the_registry_gives_this_toolchain() -> None:
    assert toolchain_for("python", choose_sandbox()).language == "python"
