"""What a build's tools found out, as artifacts of the message that tells of its end."""

from builds.agent.values import JsonDict
from builds.jobs.knowledge import counted_tests, failing_tests
from builds.models.analysis import CodeAnalysis
from builds.models.build import Build
from memory import artifacts
from memory.models.artifact import ArtifactKind
from memory.models.message import Message

_SCORES = (
    "quality_score",
    "security_score",
    "maintainability_index",
    "coverage_percent",
    "lines_of_code",
    "cyclomatic_complexity",
)
_FINDINGS = ("security_issues", "code_smells", "type_errors", "recommendations")
MOST = 10
"""Findings of each sort; all of them stand with the build."""


def attach(message: Message, build: Build) -> None:
    """Give a message the report of the tests and the scores of the analysis, once, in the open transaction."""
    if message.artifacts.exists():
        return
    for result in (_tests(build), _analysis(build)):
        if result:
            artifacts.attach(message=message, kind=ArtifactKind.TOOL_RESULT, content=result)


def _tests(build: Build) -> JsonDict:
    passed, total = counted_tests(build.test_results)
    if not total:
        return {}
    return {
        "tool": "tests",
        "build": str(build.id),
        "passed": passed,
        "total": total,
        "verification": build.verification,
        "failing": failing_tests(build.test_results),
    }


def _analysis(build: Build) -> JsonDict:
    found = CodeAnalysis.objects.without_code().filter(build=build).first()
    if found is None:
        return {}
    scores = {name: getattr(found, name) for name in _SCORES}
    counts = {name: len(getattr(found, name)) for name in _FINDINGS}
    worst = [_shown(each) for name in _FINDINGS[:3] for each in getattr(found, name)[:MOST]]
    return {"tool": "analysis", "build": str(build.id), **scores, "counts": counts, "findings": worst}


def _shown(finding: JsonDict) -> str:
    where = f"{finding.get('file', '')}:{finding.get('line', '')}"
    return f"{where} {finding.get('rule', '')} {finding.get('message', '')}"[:300]
