"""Builds in every state, made through the doors that real ones go through."""

from typing import Any

from django.db import transaction

from agentsite.accounts.models import User
from builds import lineage, services
from builds.agent.state import State
from builds.agent.values import JsonDict
from builds.models.build import Build
from builds.runs import events
from builds.runs.claim import Claim, claim_next
from builds.runs.progress import begin_with
from builds.workspace import BuildWorkspace

REQUEST = "A function to_roman that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"
FIRST_CODE = '"""Roman numerals."""\n\n\ndef to_roman(number: int) -> str:\n    return "I" * number\n'
CODE = (
    '"""Roman numerals."""\n\n_PARTS = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))\n\n\n'
    'def to_roman(number: int) -> str:\n    """Return a number\'s Roman numeral."""\n    text = ""\n'
    "    for value, letters in _PARTS:\n        while number >= value:\n            text += letters\n"
    "            number -= value\n    return text\n"
)
TESTS = 'from roman import to_roman\n\n\ndef test_four() -> None:\n    assert to_roman(4) == "IV"\n'
EXAMPLE: JsonDict = {
    "expression": "to_roman(4)",
    "expected": "'IV'",
    "raises": "",
    "function": "to_roman",
    "source": "to_roman(4) == 'IV'",
}
README = "# Roman numerals\n\nConverts integers to Roman numerals.\n"


def submitted(user: User, *, name: str = "Roman numerals", requirements: str = REQUEST, **more: Any) -> Build:
    """Return a build that waits in the queue."""
    return services.submit_build(user=user, project_name=name, requirements=requirements, **more)


def running(user: User, **more: Any) -> tuple[Build, Claim]:
    """Return a build that a worker holds, with its first attempt stored and its first tests failed."""
    build = submitted(user, **more)
    claim = claim_next("tests", run_id=build.run_id)
    assert claim is not None
    sandbox = {"backend": "scripted", "version": "1", "identity": "unprivileged"}
    services.begin_build(run_id=build.run_id, fence=claim.fence, model="cookbook:recipes", sandbox=sandbox)
    tell(build, "node.started", node="analyse")
    tell(build, "analysis.made", {"problem": "Convert numbers.", "interface": [], "assumptions": []}, node="analyse")
    tell(build, "model.answered", _answer("analyse", '{"problem": "Convert numbers."}'), node="analyse")
    tell(build, "node.finished", {"duration_ms": 1200}, node="analyse")
    tell(build, "node.started", node="generate")
    tell(build, "model.answered", _answer("code", FIRST_CODE), node="generate")
    save(build, claim, 1, {"README.md": README, "roman.py": FIRST_CODE, "test_roman.py": TESTS})
    tell(build, "files.changed", {"attempt": 1, "paths": ["README.md", "roman.py", "test_roman.py"]}, node="generate")
    tell(build, "node.finished", {"duration_ms": 9100}, node="generate")
    tell(build, "node.started", node="test")
    tell(build, "tests.ran", _ran(passed=1, total=2, failing=["test_roman.py::test_four"]), node="test")
    tell(build, "node.finished", {"duration_ms": 400}, node="test")
    tell(build, "node.started", node="repair")
    build.refresh_from_db()
    return build, claim


def completed(user: User, *, verification: str = "verified", **more: Any) -> Build:
    """Return a build that passed at its second attempt, with files, proofs, evidence and analysis."""
    build, claim = running(user, **more)
    tree_hash = save(build, claim, 2, {"README.md": README, "roman.py": CODE, "test_roman.py": TESTS})
    changed = {"attempt": 2, "paths": ["roman.py"], "verdict": "The code was wrong: four is IV.", "changed_tests": []}
    tell(build, "files.changed", changed, node="repair")
    tell(build, "node.finished", {"duration_ms": 3000}, node="repair")
    tell(build, "node.started", node="test")
    tell(build, "tests.ran", _ran(passed=2, total=2, failing=[]), node="test")
    tell(build, "node.finished", {"duration_ms": 380}, node="test")
    state = State(
        attempt=2,
        tree_hash=tree_hash,
        verification=verification,
        proofs=proofs(verification),
        plan={"files": [{"path": "roman.py", "purpose": "the conversion"}]},
        clean_run=report(passed=True),
        acceptance=examples(verification),
        control=control(verification),
        review=review(),
    )
    services.finish_build(run_id=build.run_id, fence=claim.fence, state=state)
    return Build.objects.get(id=build.id)


def failed(user: User, *, code: str = "tests.failing", node: str = "", **more: Any) -> Build:
    """Return a build that ended with failing tests; with a node, one that can be gone on with there."""
    build, claim = running(user, **more)
    if node:
        reached = State(attempt=1, examples=[EXAMPLE], acceptance_paths=[], changed_tests=[], start_at=node)
        begin_with(build.run, State(**{**lineage.first_state_of(build), **reached}))
    state = State(
        attempt=1,
        tree_hash="0" * 64,
        report=report(passed=False),
        proofs=[{"kind": "tests", "status": "failed", "passed": 1, "total": 2}],
    )
    details: dict[str, object] = {"repairs": 3, "nearest": ["Leap years", "Prime numbers", "Matrices"]}
    services.fail_build(run_id=build.run_id, fence=claim.fence, code=code, details=details, state=state)
    return Build.objects.get(id=build.id)


def tell(build: Build, kind: str, payload: JsonDict | None = None, *, node: str = "") -> None:
    """Record one event of a build."""
    with transaction.atomic():
        events.record(build.run_id, events.NewEvent(kind, payload or {}, node))


def save(build: Build, claim: Claim, attempt: int, tree: dict[str, str]) -> str:
    """Store an attempt's files; return the tree's hash."""
    return BuildWorkspace(claim, build.id, lambda path: path.startswith("test_")).save(attempt, tree)


def proofs(verification: str) -> list[JsonDict]:
    """Return proofs as the verdict writes them."""
    sensitivity = "held" if verification == "verified" else "failed"
    failing: JsonDict = {"kind": "examples", "status": "failed", "passed": 0, "total": 1, "reason": "examples.failing"}
    held: JsonDict = {"kind": "examples", "status": "held", "passed": 1, "total": 1, "reason": ""}
    return [
        failing if verification == "unverified" else held,
        {"kind": "tests", "status": "held", "passed": 1, "total": 1},
        {"kind": "clean_run", "status": "held", "reason": "", "tree_hash": "0" * 64},
        {"kind": "sensitivity", "status": sensitivity, "percent": 100.0 if sensitivity == "held" else 50.0},
        {"kind": "coverage", "status": "held", "percent": 96.4},
        {"kind": "analysis", "status": "held", "quality": 8.9, "security": 9.4},
    ]


def report(*, passed: bool) -> JsonDict:
    """Return a test report of two tests."""
    four: JsonDict = {"id": "test_roman.py::test_four", "path": "test_roman.py", "duration_seconds": 0.002}
    one: JsonDict = {"id": "test_roman.py::test_one", "path": "test_roman.py", "duration_seconds": 0.001}
    wrong: JsonDict = {
        "outcome": "failed",
        "message": "AssertionError: assert 'IIII' == 'IV'",
        "traceback": "test_roman.py:5: in test_four\n    assert to_roman(4) == 'IV'",
    }
    good: JsonDict = {"outcome": "passed"}
    return {
        "outcome": "passed" if passed else "failed",
        "exit_code": 0 if passed else 1,
        "tests": [one | good, four | (good if passed else wrong)],
        "coverage": {"roman.py": {"statements": 9, "covered": 8, "missing": [12]}},
        "coverage_percent": 96.4,
        "output": "\x1b[32m2 passed\x1b[0m in 0.01s",
        "duration_seconds": 0.4,
        "command": ["python", "-I", "-m", "pytest", "-c", "/dev/null"],
        "tools": {"pytest": "9.2.0", "python": "3.11"},
    }


def examples(verification: str) -> JsonDict:
    """Return the report of the request's one example by itself, which is what an unverified build fails."""
    outcome = "failed" if verification == "unverified" else "passed"
    four: JsonDict = {"id": "test_acceptance.py::test_example_1", "path": "test_acceptance.py", "outcome": outcome}
    if outcome == "failed":
        four["message"] = "assert 'IIII' == 'IV'"
    why = {"outcome": outcome, "reason": "" if outcome == "passed" else "examples.failing"}
    return report(passed=True) | why | {"tests": [four], "paths": ["test_acceptance.py"]}


def control(verification: str) -> JsonDict:
    """Return a negative control in which one test noticed nothing, or all did."""
    is_held = verification == "verified"
    return {
        "outcome": "held" if is_held else "failed",
        "reason": "" if is_held else "control.insensitive_tests",
        "sensitive": ["test_roman.py::test_four", *(["test_roman.py::test_one"] if is_held else [])],
        "insensitive": [] if is_held else ["test_roman.py::test_one"],
        "sensitivity_percent": 100.0 if is_held else 50.0,
        "tools": {},
    }


def review() -> JsonDict:
    """Return an analysis with one finding."""
    finding: JsonDict = {
        "file": "roman.py",
        "line": 3,
        "rule": "B101",
        "message": "Use of <assert> detected",
        "severity": "low",
    }
    return {
        "quality_score": 8.9,
        "security_score": 9.4,
        "maintainability_index": 71.0,
        "coverage_percent": 96.4,
        "lines_of_code": 12,
        "cyclomatic_complexity": 2.5,
        "security_issues": [finding],
        "code_smells": [],
        "type_errors": [],
        "recommendations": [],
        "suggested_refactorings": [],
        "tools": {"ruff": "0.16", "bandit": "1.8"},
        "tools_failed": {},
        "duration_seconds": 0.8,
    }


def _answer(purpose: str, output: str) -> JsonDict:
    return {
        "purpose": purpose,
        "model": "cookbook:recipes",
        "tokens_input": 0,
        "tokens_output": 0,
        "finish_reason": "stop",
        "duration_ms": 40,
        "output": output,
    }


def _ran(*, passed: int, total: int, failing: list[str]) -> JsonDict:
    outcome = "passed" if passed == total else "failed"
    return {
        "attempt": 1,
        "outcome": outcome,
        "passed": passed,
        "total": total,
        "duration_ms": 400,
        "failing": list(failing),
    }
