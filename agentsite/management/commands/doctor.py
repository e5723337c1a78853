"""``manage.py doctor``: what works on this machine, what does not, and what to do."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from agentsite import found, health
from builds.sandbox.choose import probe_sandboxes
from builds.toolchains.registry import languages


class Command(BaseCommand):
    """Check every part; exit 1 when builds can't run."""

    help = "Check database, broker, model and sandbox; exit 1 when builds can't run."

    def handle(self, **_: Any) -> None:
        """Print one line for each part, each kind of sandbox and each language."""
        for line in found.lines():
            self.stdout.write(line)
        for report in probe_sandboxes():
            mark = "usable" if report.usable else f"not usable: {report.reason}"
            self.stdout.write(f"          {report.name}: {mark}")
        for language in languages():
            mark = "can be built" if language.is_available else f"cannot be built: {language.reason}"
            self.stdout.write(f"          {language.name}: {mark}")
        sys.exit(0 if all(check()["ok"] for check in health.CHECKS.values()) else 1)
