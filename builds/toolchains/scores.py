"""The scores of an analysis, as pure functions of what the analysers found.

* **Security**, 0-10: 10 minus 4 for each finding of high severity, 2 for medium, 0.5 for low, not below 0. The size
  of the project doesn't matter: one open door is enough.
* **Quality**, 0-10: smells and type errors weigh 5 (high), 2 (medium), 0.5 (low); the score is 10 minus ten times the
  weight per line of code, where a project of fewer than 50 lines counts as 50. Code that can't be parsed scores 0.
* **Maintainability**, 0-100: for each file 171 - 5.2·ln V - 0.23·CC - 16.2·ln LOC, scaled by 100/171 and kept within
  0-100, with V the Halstead volume, CC the sum of the functions' cyclomatic complexities, LOC the lines that hold code;
  the project's index is the mean over its files, weighted by their lines.
* **Complexity**: the mean cyclomatic complexity of the functions.
"""

from collections.abc import Iterable, Sequence

from builds.agent.values import Finding

SECURITY_WEIGHTS = {"high": 4.0, "medium": 2.0, "low": 0.5, "info": 0.0}
QUALITY_WEIGHTS = {"high": 5.0, "medium": 2.0, "low": 0.5, "info": 0.0}
SMALLEST_LINES = 50


def security_score(issues: Iterable[Finding]) -> float:
    """Return 0-10 by severity alone."""
    return round(max(0.0, 10.0 - _weight(issues, SECURITY_WEIGHTS)), 1)


def quality_score(remarks: Iterable[Finding], lines: int, *, is_parsable: bool) -> float:
    """Return 0-10 by severity per line."""
    if not is_parsable:
        return 0.0
    return round(max(0.0, 10.0 - 10.0 * _weight(remarks, QUALITY_WEIGHTS) / max(lines, SMALLEST_LINES)), 1)


def maintainability(files: Sequence[tuple[int, float]]) -> float | None:
    """Return the mean index of (lines, index) pairs, weighted by lines; None without lines."""
    lines = sum(count for count, _ in files)
    return round(sum(count * index for count, index in files) / lines, 1) if lines else None


def mean_complexity(complexities: Sequence[int]) -> float | None:
    """Return the mean; None without functions."""
    return round(sum(complexities) / len(complexities), 1) if complexities else None


def _weight(findings: Iterable[Finding], weights: dict[str, float]) -> float:
    return sum(weights[finding.severity] for finding in findings)
