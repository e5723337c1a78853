"""Negative control, acceptance tests and analysis, in a real sandbox."""

import pytest

from builds.agent.values import Example, SandboxLimits
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.python import PythonToolchain
from builds.toolchains.registry import toolchain_for
from tests.contract.projects import HONEST, ROMAN, TESTS

pytestmark = [pytest.mark.sandbox, pytest.mark.in_part]


@pytest.fixture(scope="module")
def toolchain() -> PythonToolchain:
    return PythonToolchain(choose_sandbox())


@pytest.fixture(scope="module")
def hasty() -> PythonToolchain:
    return PythonToolchain(choose_sandbox(), SandboxLimits(wall_seconds=8.0, cpu_seconds=10))


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


def test_code_that_tests_import_only_when_they_run_is_exchanged_too(toolchain: PythonToolchain) -> None:
    test = "def test_four():\n    from roman import to_roman\n    assert to_roman(4) == 'IV'\n"
    assert toolchain.negative_control({**HONEST, "test_roman.py": test}).sensitivity_percent == 100.0


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


def test_types_of_a_module_that_hides_one_of_pythons_own_are_the_projects(toolchain: PythonToolchain) -> None:
    tree = {
        "random.py": "def choice() -> int:\n    return 4\n",
        "a.py": "import random\n\nchosen: str = random.choice()\n",
        "b.py": "import json\n\nloaded: int = json.dumps(1)\n",
    }
    for _ in range(2):  # nothing is kept of the first
        report = toolchain.analyse(tree, coverage_percent=None)
        assert sorted((found.file, found.line) for found in report.type_errors) == [("a.py", 3), ("b.py", 3)]
    assert toolchain.analyse({"b.py": tree["b.py"]}, coverage_percent=None).type_errors[0].file == "b.py"


def test_a_project_without_code_has_no_scores(toolchain: PythonToolchain) -> None:
    report = toolchain.analyse({"README.md": "# hi\n"}, coverage_percent=None)
    assert report.quality_score is None
    assert set(report.tools_failed.values()) == {"no_code"}


def test_the_registry_gives_this_toolchain() -> None:
    assert toolchain_for("python", choose_sandbox()).language == "python"
