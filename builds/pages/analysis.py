"""The Analysis tab: scores as meters, findings as a table."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from builds.pages.marks import SEVERITIES, Mark
from builds.pages.reading import count, part, plain, rows

_MOST_FINDINGS = 200
_RANK = {"high": 0, "medium": 1, "low": 2, "info": 3}


@dataclass(frozen=True)
class Meter:
    """One score; ``value`` is None where its tool could not run."""

    title: str
    value: float | None
    most: int
    low: int
    high: int


@dataclass(frozen=True)
class FindingRow:
    """One remark of an analyser."""

    about: str
    mark: Mark
    place: str
    rule: str
    message: str


@dataclass(frozen=True)
class AnalysisPanel:
    """What the analysers said."""

    meters: tuple[Meter, ...]
    findings: tuple[FindingRow, ...]
    facts: tuple[tuple[str, str], ...]
    tools: tuple[tuple[str, str], ...]
    failed: tuple[tuple[str, str], ...]


def analysis_of(build: Build) -> CodeAnalysis | None:
    """Return a build's analysis, loaded with it; None before there is one."""
    return getattr(build, "analysis", None)


def analysis_panel(analysis: CodeAnalysis) -> AnalysisPanel:
    """Lay out an analysis, worst findings first."""
    facts = [(_("Lines of code"), str(analysis.lines_of_code))]
    if analysis.cyclomatic_complexity is not None:
        facts.append((_("Average complexity"), number_format(analysis.cyclomatic_complexity, 1)))
    ranked = sorted(_findings(analysis), key=lambda ranked_row: ranked_row[0])
    return AnalysisPanel(
        meters=(
            Meter(_("Quality"), analysis.quality_score, 10, 5, 8),
            Meter(_("Security"), analysis.security_score, 10, 5, 8),
            Meter(_("Maintainability"), analysis.maintainability_index, 100, 20, 50),
            Meter(_("Test coverage"), analysis.coverage_percent, 100, 50, 80),
        ),
        findings=tuple(row for _rank, row in ranked[:_MOST_FINDINGS]),
        facts=tuple(facts),
        tools=tuple((str(name), str(version)) for name, version in part(analysis.tools).items()),
        failed=tuple((str(name), str(why)) for name, why in part(analysis.tools_failed).items()),
    )


def _findings(analysis: CodeAnalysis) -> Iterator[tuple[int, FindingRow]]:
    groups = (
        (_("security"), analysis.security_issues),
        (_("types"), analysis.type_errors),
        (_("style"), analysis.code_smells),
        (_("advice"), analysis.recommendations),
        (_("refactoring"), analysis.suggested_refactorings),
    )
    for about, findings in groups:
        for finding in rows(findings):
            severity = str(finding.get("severity", "info"))
            line = count(finding.get("line"))
            place = f"{finding.get('file', '')}:{line}" if line else str(finding.get("file", ""))
            mark = SEVERITIES.get(severity, SEVERITIES["info"])
            row = FindingRow(about, mark, place, str(finding.get("rule", "")), plain(finding.get("message", "")))
            yield _RANK.get(severity, 3), row
