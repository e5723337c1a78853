"""A pytest plugin for the plain run: writes how each test ended, as pytest tells it."""

import json
import os
from pathlib import Path
from typing import Any

RANK = {"passed": 0, "xpassed": 1, "xfailed": 2, "skipped": 3, "failed": 4, "error": 5}
outcomes: dict[str, str] = {}
messages: dict[str, str] = {}


def pytest_collectreport(report: Any) -> None:
    """Count a file that can't be read, or doesn't want to be, as a test."""
    if report.failed or report.skipped:
        note(report.nodeid, "error" if report.failed else "skipped", report.longrepr)


def pytest_runtest_logreport(report: Any) -> None:
    """Keep the worst of all that is reported under a test's name: setup, call, teardown and subtests."""
    outcome = "error" if report.failed and report.when != "call" else report.outcome
    if hasattr(report, "wasxfail"):
        outcome = "xfailed" if report.skipped else "xpassed"
    note(report.nodeid, outcome, report.longrepr)


def note(nodeid: str, outcome: str, reason: object) -> None:
    """Keep an outcome that is worse than what was known."""
    if RANK[outcome] >= RANK[outcomes.get(nodeid, "passed")]:
        outcomes[nodeid] = outcome
        messages[nodeid] = str(getattr(getattr(reason, "reprcrash", None), "message", reason or ""))[:500]


def pytest_unconfigure() -> None:
    """Write all of it."""
    text = json.dumps({"outcomes": outcomes, "messages": messages})
    Path(os.environ["OUTCOMES_FILE"]).write_text(text, encoding="utf-8")
