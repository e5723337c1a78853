"""``manage.py doctor``: what works on this machine, what does not, and what to do."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import found, health
from builds import engine
from builds.sandbox.choose import BackendReport, probe_sandboxes


class Command(BaseCommand):
    """Check every part; exit 1 when builds can't run."""

    help = "Check database, broker, model and sandbox; exit 1 when builds can't run."

    def handle(self, **_: Any) -> None:
        """Print one line for each part, each kind of sandbox and each language."""
        for line in found.lines():
            self.stdout.write(line)
        for line in sandbox_lines(probe_sandboxes()):
            self.stdout.write(f"          {line}")
        for language in engine.languages():
            mark = "can be built" if language.is_available else f"cannot be built: {language.reason}"
            self.stdout.write(f"          {language.name}: {mark}")
        sys.exit(0 if all(check()["ok"] for check in health.CHECKS.values()) else 1)


def sandbox_lines(reports: Iterable[BackendReport]) -> Iterator[str]:
    """Say for each kind of sandbox whether it is used and why, what limits it, and what its self-test showed."""
    is_taken = False
    for report in reports:
        yield f"{report.name}: {_mark(report, is_taken=is_taken)}"
        is_taken = is_taken or report.usable
        if report.limiter:
            yield f"  limited by: {report.limiter}"
        for name, held in report.held.items():
            yield f"  self-test {name}: {'held' if held else 'ESCAPED'}"


def _mark(report: BackendReport, *, is_taken: bool) -> str:
    if not report.usable:
        return f"not usable: {report.reason}"
    return "usable, but one before it is used" if is_taken else "used: the first that passed its self-test"
