"""What a path tells, and what the scores are made of."""

from pathlib import Path

import pytest

from builds.agent.errors import AgentError
from builds.agent.values import Finding
from builds.sandbox.scripted import ScriptedSandbox
from builds.toolchains import scores
from builds.toolchains.node import node_program, problem_with, types_problem_with
from builds.toolchains.python.layout import code_files, is_test, module_name
from builds.toolchains.registry import languages, supported_languages, toolchain_for


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
    assert "python" in supported_languages()
    with pytest.raises(AgentError) as caught:
        toolchain_for("cobol", ScriptedSandbox([]))
    told = (caught.value.code, caught.value.details["supported"])
    assert told == ("toolchain.unsupported", list(supported_languages()))


def test_a_language_that_can_not_be_built_says_why() -> None:
    told = {language.name: language for language in languages()}
    assert list(told) == ["javascript", "python", "typescript"]
    assert told["python"].is_available
    assert all(language.is_available != bool(language.reason) for language in told.values())
    assert told["typescript"].reason in {told["javascript"].reason, "typescript.node_too_old"}


@pytest.mark.parametrize(
    ("answer", "packages", "problem"),
    [
        ("echo v20.19.0", ("acorn", "eslint"), ""),
        ("echo v22.1.0", ("acorn", "eslint"), ""),
        ("echo v20.18.3", ("acorn", "eslint"), "node.too_old"),
        ("echo something else", ("acorn", "eslint"), "node.missing"),
        ("echo v20.20.2", ("acorn",), "node.packages_missing"),
    ],
)
def test_javascript_needs_a_new_node_and_its_packages(
    tmp_path: Path, answer: str, packages: tuple[str, ...], problem: str
) -> None:
    for name in packages:
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.json").write_text("{}")
    assert problem_with(node_that(answer, tmp_path), tmp_path) == problem


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ("echo v22.18.0", ""),
        ("echo v24.1.0", ""),
        ("echo v22.17.1", "typescript.node_too_old"),
        ("exit 1", "typescript.node_too_old"),
    ],
)
def test_typescript_needs_a_newer_node(tmp_path: Path, answer: str, problem: str) -> None:
    assert types_problem_with(node_that(answer, tmp_path)) == problem


def node_that(answer: str, folder: Path) -> str:
    node = folder / "node"
    node.write_text(f"#!/bin/sh\n{answer}\n")
    node.chmod(0o755)
    return str(node)


def test_the_runtimes_own_node_goes_before_the_systems(tmp_path: Path) -> None:
    assert node_program(tmp_path) == "/usr/bin/node"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").symlink_to("/usr/bin/env")
    assert node_program(tmp_path) == "/usr/bin/node", "a sandbox does not show links"
    (tmp_path / "bin" / "node").unlink()
    (tmp_path / "bin" / "node").write_text("")
    assert node_program(tmp_path) == str(tmp_path / "bin" / "node")


def test_a_machine_without_node_offers_no_javascript(tmp_path: Path) -> None:
    assert problem_with(str(tmp_path / "node"), tmp_path) == "node.missing"
