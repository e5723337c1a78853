"""Turns the analysers' answers into scores and remarks; a tool that failed gives no score at all."""

import json
from collections.abc import Iterable, Sequence

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import AnalysisReport, Finding, SandboxLimits, Tree
from builds.toolchains import scores
from builds.toolchains.measuring import (
    MetricsAnswer,
    Part,
    Remark,
    Remarks,
    Severity,
    Short,
    answers_of,
    coverage_advice,
    failed,
    maintainability,
    nothing,
    size_smells,
)
from builds.toolchains.python.layout import code_files

DRIVER = ("/runtime/bin/python", "-I", "-B", "/driver/analyse.py")
TOOLS = ("ruff", "bandit", "mypy", "metrics")
TOOL_SECONDS = 25.0
OUTPUT_BYTES = 4 << 20

SYNTAX_RULES = {"syntax", "invalid-syntax"}
LIKELY_BUGS = ("F", "E9", "PLE", *SYNTAX_RULES)
SMELLS = (*LIKELY_BUGS, "B", "BLE", "E", "W", "A", "ARG", "PLW", "N")
REFACTORINGS = ("SIM", "RET", "PERF", "C4", "C90", "UP", "PIE", "PLR", "PLC", "RUF", "ERA")


class Answers(Part):
    """All that came out of the sandbox."""

    versions: dict[Short, Short]
    ruff: Remarks
    bandit: Remarks
    mypy: Remarks
    metrics: MetricsAnswer


def analyse(
    sandbox: Sandbox,
    tree: Tree,
    limits: SandboxLimits,
    *,
    coverage_percent: float | None,
    is_cancelled: IsCancelled,
) -> AnalysisReport:
    """Run the analysers over the code side of a tree.

    :raises Cancelled: the run was asked to stop.
    """
    code = code_files(tree)
    if not code:
        return nothing(TOOLS, "no_code", coverage_percent)
    options = json.dumps({"seconds": min(TOOL_SECONDS, limits.wall_seconds / 2), "code": code})
    limits = limits.model_copy(update={"output_bytes": OUTPUT_BYTES})
    answers, reason, seconds = answers_of(
        sandbox, tree, code, (*DRIVER, options), limits, Answers, is_cancelled=is_cancelled
    )
    if answers is None:
        return nothing(TOOLS, reason, coverage_percent)
    return report_of(answers, coverage_percent).model_copy(update={"duration_seconds": seconds})


def report_of(answers: Answers, coverage_percent: float | None) -> AnalysisReport:
    """Sort the remarks and compute the scores."""
    style = _findings(answers.ruff)
    files = answers.metrics.answer.files if answers.metrics.answer else ()
    types = _findings(answers.mypy)
    issues = _findings(answers.bandit)
    smells = [*_with_rules(style, SMELLS), *size_smells(files)]
    is_parsable = all(finding.rule not in SYNTAX_RULES for finding in style)
    missing = failed(answers, TOOLS)
    lines = sum(file.lines for file in files)
    quality = scores.quality_score([*smells, *types], lines, is_parsable=is_parsable)
    return AnalysisReport(
        quality_score=None if "ruff" in missing or "metrics" in missing else quality,
        security_score=None if "bandit" in missing else scores.security_score(issues),
        maintainability_index=maintainability(files),
        coverage_percent=coverage_percent,
        lines_of_code=lines,
        cyclomatic_complexity=scores.mean_complexity([f.complexity for file in files for f in file.functions]),
        security_issues=tuple(issues),
        code_smells=tuple(smells),
        type_errors=tuple(types),
        recommendations=(*_with_rules(style, ("D", "ANN")), *coverage_advice(coverage_percent)),
        suggested_refactorings=tuple(_with_rules(style, REFACTORINGS)),
        tools=answers.versions,
        tools_failed=missing,
    )


def _findings(remarks: Remarks) -> list[Finding]:
    return [
        Finding(file=r.file, line=r.line, rule=r.rule, message=r.message, severity=_severity(r))
        for r in remarks.answer or ()
    ]


def _severity(remark: Remark) -> Severity:
    """Take the tool's own word, else judge by the rule's family."""
    if remark.severity not in {"", "undefined"}:
        return remark.severity  # type: ignore[return-value]  # both other words were just excluded
    if remark.rule in SYNTAX_RULES or remark.rule in {"F821", "F822", "F823"} or remark.rule.startswith("PLE"):
        return "high"
    if _family(remark.rule) in {"F", "B", "BLE", "E9"}:
        return "medium"
    return "info" if _family(remark.rule) in {"D", "ANN"} else "low"


def _family(rule: str) -> str:
    """Return a rule's letters, or its letters and first digit where the letters name several things."""
    if rule in SYNTAX_RULES:
        return rule
    letters = rule.rstrip("0123456789")
    return rule[: len(letters) + 1] if letters in {"C", "E"} and rule[:2] in {"C4", "C9", "E9"} else letters


def _with_rules(findings: Iterable[Finding], families: Sequence[str]) -> list[Finding]:
    names = {"C9" if name == "C90" else name for name in families}
    return [finding for finding in findings if _family(finding.rule) in names]
