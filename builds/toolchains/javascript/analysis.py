"""Turns what eslint and our own measures found into scores and remarks; a tool that failed gives no score at all."""

import json
from collections.abc import Sequence
from typing import Literal

from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import AnalysisReport, Finding, SandboxLimits, Tree
from builds.toolchains import scores
from builds.toolchains.measuring import (
    MetricsAnswer,
    Part,
    Remark,
    Severity,
    Short,
    answers_of,
    coverage_advice,
    failed,
    maintainability,
    nothing,
    size_smells,
)

DRIVER = ("node", "--max-old-space-size=512", "/driver/node_analyse.mjs")
TOOLS = ("eslint", "security", "metrics")
GRAVE_BUGS = {"syntax", "no-undef", "no-const-assign", "no-dupe-args", "no-import-assign", "constructor-super"}


class FamilyRemark(Remark):
    """One remark of eslint, with the family that our configuration puts its rule in."""

    family: Literal["bug", "style", "simpler", "security"]


class FamilyRemarks(Part):
    """The remarks, or why there are none."""

    answer: tuple[FamilyRemark, ...] | None = None
    error: Short = ""


class Answers(Part):
    """All that came out of the sandbox."""

    versions: dict[Short, Short]
    eslint: FamilyRemarks
    security: FamilyRemarks
    metrics: MetricsAnswer


def analyse(
    sandbox: Sandbox,
    tree: Tree,
    code: Sequence[str],
    limits: SandboxLimits,
    *,
    coverage_percent: float | None,
    is_cancelled: IsCancelled,
) -> AnalysisReport:
    """Run the analysers over the code of a tree.

    :raises Cancelled: the run was asked to stop.
    """
    if not code:
        return nothing(TOOLS, "no_code", coverage_percent)
    argv = (*DRIVER, json.dumps({"code": code}))
    answers, reason, seconds = answers_of(sandbox, tree, code, argv, limits, Answers, is_cancelled=is_cancelled)
    if answers is None:
        return nothing(TOOLS, reason, coverage_percent)
    return report_of(answers, coverage_percent).model_copy(update={"duration_seconds": seconds})


def report_of(answers: Answers, coverage_percent: float | None) -> AnalysisReport:
    """Sort the remarks and compute the scores."""
    files = answers.metrics.answer.files if answers.metrics.answer else ()
    remarks = answers.eslint.answer or ()
    issues = [_finding(remark) for remark in answers.security.answer or ()]
    smells = [*(_finding(remark) for remark in remarks if remark.family != "simpler"), *size_smells(files)]
    is_parsable = all(remark.rule != "syntax" for remark in remarks)
    missing = failed(answers, TOOLS)
    lines = sum(file.lines for file in files)
    quality = scores.quality_score(smells, lines, is_parsable=is_parsable)
    can_judge_security = "security" not in missing and is_parsable
    return AnalysisReport(
        quality_score=None if "eslint" in missing or "metrics" in missing else quality,
        security_score=scores.security_score(issues) if can_judge_security else None,
        maintainability_index=maintainability(files),
        coverage_percent=coverage_percent,
        lines_of_code=lines,
        cyclomatic_complexity=scores.mean_complexity([f.complexity for file in files for f in file.functions]),
        security_issues=tuple(issues),
        code_smells=tuple(smells),
        recommendations=tuple(coverage_advice(coverage_percent)),
        suggested_refactorings=tuple(_finding(remark) for remark in remarks if remark.family == "simpler"),
        tools=answers.versions,
        tools_failed=missing if is_parsable else {"security": "unreadable_file", **missing},
    )


def _finding(remark: FamilyRemark) -> Finding:
    return Finding(
        file=remark.file, line=remark.line, rule=remark.rule, message=remark.message, severity=_severity(remark)
    )


def _severity(remark: FamilyRemark) -> Severity:
    """Take the rule's own word, else judge by its family."""
    if remark.severity not in {"", "undefined"}:
        return remark.severity  # type: ignore[return-value]  # both other words were just excluded
    if remark.rule in GRAVE_BUGS:
        return "high"
    return "medium" if remark.family == "bug" else "low"
