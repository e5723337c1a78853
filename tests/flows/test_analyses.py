"""Code that was not built here, analysed by the real tools in the real sandbox."""

from typing import Any

import pytest

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.models.analysis import CodeAnalysis
from builds.states import State
from tests.contract.judged import rationed
from tests.flows.analysed import analysed, kinds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]

UNSAFE = """import os, subprocess


def run(words: str) -> int:
    '''Run.'''
    return subprocess.call(words, shell=True)
"""
WRONG_TYPE = 'def half(number: int) -> int:\n    """Halve."""\n    return "half"\n'
CONFIGURED = """
[tool.mypy]
plugins = ["evil.py"]
ignore_errors = true

[tool.ruff]
exclude = ["*"]

[tool.bandit]
skips = ["B602"]
"""
EVIL = 'def plugin(version: str) -> type:\n    """Take the analyser over."""\n    raise SystemExit(0)\n'


def rules(findings: list[dict[str, Any]]) -> set[str]:
    return {finding["rule"] for finding in findings}


@pytest.mark.sandbox
def test_python_is_judged_by_all_its_tools(owner: User) -> None:
    analysis = analysed(owner, files={"run.py": UNSAFE, "pkg/half.py": WRONG_TYPE})
    assert (analysis.state, analysis.tools_failed) == (State.COMPLETED, {})
    assert "B602" in rules(analysis.security_issues)
    assert "F401" in rules(analysis.code_smells)
    assert [(found["file"], found["line"]) for found in analysis.type_errors] == [("pkg/half.py", 3)]
    assert analysis.security_score is not None
    assert analysis.security_score < 10
    assert (analysis.lines_of_code, analysis.cyclomatic_complexity) == (7, 1.0)
    assert {"ruff", "bandit", "lizard", "mypy"} <= set(analysis.tools)
    assert analysis.analysis_duration_ms > 0
    assert kinds(analysis) == ["analysis.submitted", "analysis.started", "analysis.completed"]
    written = AuditLog.objects.filter(resource_id=str(analysis.id)).order_by("id").values_list("action", flat=True)
    assert list(written) == ["analysis.submitted", "analysis.completed"]


@pytest.mark.sandbox
@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("javascript", "export function twice(x) {\n  var unused = 1;\n  return eval('x * 2');\n}\n"),
        ("typescript", "export function twice(x: number): number {\n  var unused = 1;\n  return eval('x * 2');\n}\n"),
    ],
)
def test_javascript_and_typescript_are_judged_by_theirs(owner: User, language: str, code: str) -> None:
    analysis = analysed(owner, language, code=code)
    assert (analysis.state, analysis.tools_failed) == (State.COMPLETED, {})
    assert "no-var" in rules(analysis.code_smells)
    assert analysis.security_issues
    assert "eslint" in analysis.tools


@pytest.mark.sandbox
def test_configuration_that_comes_with_the_code_is_not_read(owner: User) -> None:
    files = {"run.py": UNSAFE, "half.py": WRONG_TYPE, "evil.py": EVIL}
    plain = analysed(owner, files=files)
    configured = analysed(
        owner, files=files | {"pyproject.toml": CONFIGURED, "mypy.ini": "[mypy]\nplugins = evil.py\n"}
    )
    assert (configured.tools_failed, configured.security_issues) == ({}, plain.security_issues)
    assert (configured.type_errors, configured.code_smells) == (plain.type_errors, plain.code_smells)
    assert plain.type_errors


HOSTILE = {
    "deep": "(" * 5_000 + ")" * 5_000,
    "deep sum": "x = " + "+".join(["1"] * 50_000),
    "nested functions": "".join(" " * depth + "def f():\n" for depth in range(99)) + " " * 99 + "pass\n",
    "one long line": "x = '" + "a" * ((1 << 20) - 20) + "'\n",
    "long line of code": "x = [" + "1," * 300_000 + "]\n",
    "many functions": "def f(a, b, c, d, e, g, h): 0\n" * 20_000,
    "recursion": "def f(n):\n    return f(n + 1)\n\n\nf(0)\n",
    "endless": "while True:\n    pass\n",
    "syntax": "def f(:\n  ???\n",
    "decorated": "from __future__ import braces\n",
    "other characters": "x = '\u202e\x01\x1b[31m\ufeff\U0001f600'\n",
    "itself": "from main import *\nimport main\n",
}


HOSTILE_JAVASCRIPT = {
    "deep": "(" * 20_000 + ")" * 20_000,
    "long line": "export const x = [" + "1," * 300_000 + "];\n",
    "syntax": "export const = ;\n",
    "recursion": "export function f() {\n  return f();\n}\nf();\n",
    "pattern": "export const p = /(a+)+$/.test('" + "a" * 50_000 + "!');\n",
}


@pytest.mark.sandbox
@pytest.mark.parametrize("name", rationed(HOSTILE))
def test_hostile_python_ends(owner: User, name: str) -> None:
    assert_ends(analysed(owner, code=HOSTILE[name]))


@pytest.mark.sandbox
@pytest.mark.parametrize("name", rationed(HOSTILE_JAVASCRIPT))
def test_hostile_javascript_ends(owner: User, name: str) -> None:
    assert_ends(analysed(owner, "javascript", code=HOSTILE_JAVASCRIPT[name]))


def assert_ends(analysis: CodeAnalysis) -> None:
    """See that it either has a score, or says why it has none."""
    assert (analysis.state, analysis.error_code) in {
        (State.COMPLETED, ""),
        (State.FAILED, "analysis.no_answer"),
    }
    scores = {analysis.quality_score, analysis.security_score, analysis.maintainability_index}
    assert (scores == {None}) == bool(analysis.error_code)
