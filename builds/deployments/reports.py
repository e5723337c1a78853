"""What a person reads about a deployment that has ended."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

from builds.agent.values import JsonDict
from builds.models.deployment import Deployment


def text(deployment: Deployment, where: str, checks: Mapping[str, JsonDict]) -> str:
    """Return the report: what became of it, why, where the branch is now, and what each checkout's tests showed."""
    rows = [deployment.error_message] if deployment.error_message else []
    rows += [where]
    if deployment.git_sha:
        rows.append(_("Commit: %(sha)s") % {"sha": deployment.git_sha})
    return "\n".join([*rows, *(_checked(stage, report) for stage, report in checks.items())])


def _checked(stage: str, report: JsonDict) -> str:
    passed, total = report["counts"]
    names = {"testing": _("Fresh checkout of the commit"), "healthy": _("Fresh checkout of the branch")}
    known = {"what": names.get(stage, stage), "passed": passed, "total": total}
    row = _("%(what)s: %(passed)s of %(total)s tests passed.") % known
    if report["failing"]:
        row += " " + _("Failing: %(names)s.") % {"names": ", ".join(report["failing"][:5])}
    if report["reason"]:
        row += f" ({report['reason']})"
    return row
