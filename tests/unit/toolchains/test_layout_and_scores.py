"""What a path tells, and what the scores are made of."""

import pytest

from builds.agent.errors import AgentError
from builds.agent.values import Finding
from builds.sandbox.scripted import ScriptedSandbox
from builds.toolchains.python import scores
from builds.toolchains.python.layout import code_files, is_test, module_name
from builds.toolchains.registry import supported_languages, toolchain_for


def finding(severity: str) -> Finding:
    return Finding.model_validate({"file": "a.py", "line": 1, "rule": "X1", "message": "", "severity": severity})


@pytest.mark.parametrize("path", ["test_a.py", "a_test.py", "tests/test_a.py", "pkg/deep/test_a.py"])
def test_what_pytest_would_collect_is_a_test(path: str) -> None:
    assert is_test(path)


@pytest.mark.parametrize(
    "path", ["a.py", "tests/support.py", "test_a.txt", "test_data/a.py", "contest.py", "latest.py"]
)
def test_other_files_are_no_tests(path: str) -> None:
    assert not is_test(path)


def test_code_is_what_is_neither_test_nor_support() -> None:
    paths = ["b.py", "a.py", "test_a.py", "tests/support.py", "conftest.py", "README.md", "pkg/__init__.py"]
    assert code_files(paths) == ["a.py", "b.py", "pkg/__init__.py"]


@pytest.mark.parametrize(
    ("path", "name"), [("a.py", "a"), ("src/pkg/a.py", "pkg.a"), ("pkg/__init__.py", "pkg"), ("pkg/a.py", "pkg.a")]
)
def test_a_module_is_named_as_it_is_imported(path: str, name: str) -> None:
    assert module_name(path) == name


def test_security_counts_doors_and_not_lines() -> None:
    assert scores.security_score([]) == 10.0
    assert scores.security_score([finding("high"), finding("medium"), finding("low"), finding("info")]) == 3.5
    assert scores.security_score([finding("high")] * 9) == 0.0


def test_quality_is_weighed_against_size() -> None:
    assert scores.quality_score([finding("medium")], 10, is_parsable=True) == 9.6
    assert scores.quality_score([finding("medium")], 200, is_parsable=True) == 9.9
    assert scores.quality_score([], 10, is_parsable=False) == 0.0


def test_maintainability_is_weighted_by_lines() -> None:
    assert scores.maintainability([(10, 100.0), (30, 60.0)]) == 70.0
    assert scores.maintainability([]) is None
    assert scores.mean_complexity([1, 2]) == 1.5
    assert scores.mean_complexity([]) is None


def test_an_unknown_language_is_refused_with_what_there_is() -> None:
    assert supported_languages() == ("python",)
    with pytest.raises(AgentError) as caught:
        toolchain_for("cobol", ScriptedSandbox([]))
    assert (caught.value.code, caught.value.details["supported"]) == ("toolchain.unsupported", ["python"])
