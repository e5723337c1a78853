"""Code that was not built here, analysed by the real tools in the real sandbox."""

import threading
from typing import Any

import pytest

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds import analyses, runner, stopping, sweeper
from builds.agent.values import SandboxResult
from builds.background import InBackground
from builds.models.analysis import CodeAnalysis
from builds.models.run import Run, RunEvent
from builds.runs.claim import MAX_ATTEMPTS
from builds.sandbox.scripted import Answer, ScriptedSandbox
from builds.states import State
from tests.flows.worlds import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]

UNSAFE = 'import os, subprocess\n\n\ndef run(words: str) -> int:\n    """Run."""\n    return subprocess.call(words, shell=True)\n'
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


def submitted(user: User, language: str = "python", **given: Any) -> CodeAnalysis:
    if "files" in given:
        given["files"] = [{"path": path, "content": content} for path, content in given["files"].items()]
    return analyses.submit_analysis(user=user, language=language, **given)


def analysed(user: User, language: str = "python", **given: Any) -> CodeAnalysis:
    analysis = submitted(user, language, **given)
    assert analysis.run is not None
    runner.run_next(run_id=analysis.run.id)
    return CodeAnalysis.objects.select_related("run").get(id=analysis.id)


def kinds(analysis: CodeAnalysis) -> list[str]:
    return list(RunEvent.objects.filter(run_id=analysis.run_id).order_by("seq").values_list("kind", flat=True))


def rules(findings: list[dict[str, Any]]) -> set[str]:
    return {finding["rule"] for finding in findings}


def answering(*answers: Answer) -> runner.Engines:
    sandbox = ScriptedSandbox(answers)
    return runner.Engines(sandbox=lambda: sandbox)


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


@pytest.mark.sandbox
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_python_ends_and_nothing_of_it_runs(owner: User, name: str) -> None:
    analysis = analysed(owner, code=HOSTILE[name])
    print(
        name,
        analysis.state,
        analysis.error_code,
        analysis.error_message,
        analysis.tools_failed,
        analysis.quality_score,
        analysis.security_score,
        analysis.analysis_duration_ms,
        len(analysis.code_smells),
    )
    assert analysis.is_final
    assert analysis.error_code in {"", "analysis.no_answer"}
