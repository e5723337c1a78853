"""``manage.py doctor``: what works on this machine, what does not, and what to do."""

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from agentsite import found, health, review, schema, wall
from agentsite.health import words
from agentsite.health.check import Check
from agentsite.health.part import Part, down, ok
from builds import engine
from builds.sandbox.choose import BackendReport, probe_sandboxes

_SHOWN_MIGRATIONS = 5
_INDENT = " " * 10


class Command(BaseCommand):
    """Check every part; exit 1 when builds can't run."""

    help = "Check every part, settings, files and the sandbox, with advice; exit 1 when builds can't run."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask for a program's form."""
        parser.add_argument("--json", action="store_true", dest="as_json", help="one JSON object instead of lines")
        parser.add_argument("--quick", action="store_true", help="without trying each kind of sandbox")

    def handle(self, *, as_json: bool = False, quick: bool = False, **_: Any) -> None:
        """Look at everything side by side, then at each kind of sandbox and each language."""
        more = {name: Check(name, look) for name, look in _MORE.items()}
        for check in more.values():
            check.begin()
        parts = health.parts({"sandbox": found.SANDBOX_SECONDS})
        remarks = review.remarks()
        said = parts | ({name: check() for name, check in more.items()} if parts["database"]["ok"] else {})
        reports = [] if quick else probe_sandboxes()
        is_well = all(parts[name]["ok"] for name in health.NEEDED) and not any(r.stops_builds for r in remarks)
        if as_json:
            told = {"ok": is_well, "status": health.status_of(parts), "parts": said}
            told |= {"remarks": [asdict(remark) for remark in remarks]}
            self.stdout.write(json.dumps(told | {"sandboxes": [_as_json(report) for report in reports]}))
        else:
            self._print(said, remarks)
            self._print_sandboxes(reports)
        sys.exit(0 if is_well else 1)

    def _print(self, parts: health.Parts, remarks: Iterable[review.Remark]) -> None:
        for name, part in parts.items():
            for line in part_lines(name, part):
                self.stdout.write(line)
        for remark in remarks:
            self.stdout.write(f"{'STOPS' if remark.stops_builds else 'mend':<10}{remark.about}: {remark.advice}")

    def _print_sandboxes(self, reports: Iterable[BackendReport]) -> None:
        for line in sandbox_lines(reports):
            self.stdout.write(f"{_INDENT}{line}")
        for language in engine.languages():
            mark = "can be built" if language.is_available else f"cannot be built: {language.reason}"
            self.stdout.write(f"{_INDENT}{language.name}: {mark}")
        mark = "are read" if engine.reads_letters() else "are not read: install Debian's tesseract-ocr where code runs"
        self.stdout.write(f"{_INDENT}letters in images: {mark}")
        listener = engine.transcriber()
        mark = f"are written down by {listener.name}" if listener else "are kept unheard: set TRANSCRIPTION_BASE_URL"
        self.stdout.write(f"{_INDENT}voice notes: {mark}")


def _migrations() -> Part:
    missing = schema.unapplied()
    if not missing:
        return ok("all applied")
    return down(f"missing: {', '.join(missing[:_SHOWN_MIGRATIONS])}", "database.behind", count=len(missing))


_MORE = {"migrations": _migrations, "rows": lambda: ok(wall.state())}


def part_lines(name: str, part: dict[str, object]) -> Iterator[str]:
    """Say how a part is, and below it what that means and what to do."""
    seconds = f"{float(str(part['seconds'])):.3f} s"
    yield f"{name:<12}{part['state']:<10}{seconds:>9}  {part.get('engine', '')}{found.cookbook_remark(part)}".rstrip()
    if code := str(part.get("code", "")):
        yield f"{_INDENT}{part['message']} {words.advice(code)}"


def _as_json(report: BackendReport) -> dict[str, object]:
    return asdict(report) | {"held": dict(report.held)}


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
