"""Runs beside foreign code: calls pytest with nothing of the project's configuration, and reports test by test."""

import builtins
import json
import os
import sys
import time
from collections.abc import Generator

import coverage
import instrument
import pytest
from failures import MAX_MESSAGE, clip, described, skip_reason

WORK = "/work"
MAX_ID = 300
MAX_MISSING = 5000
MAX_FUNCTIONS = 500

ARGUMENTS = (
    *("-c", "/dev/null", "--rootdir", WORK, "--noconftest", "-p", "no:cacheprovider", "-p", "no:terminal"),
    *("-s", "--continue-on-collection-errors", "-o", "norecursedirs=", WORK),
)
RANK = {"passed": 0, "skipped": 1, "failed": 2, "error": 3}

write, read, dumps, getpid, clock = os.write, os.read, json.dumps, os.getpid, time.monotonic
"""Taken before foreign code can replace them."""


class Reporter:
    """A pytest plugin that tells the parent process what happens."""

    def __init__(self, token: bytes, report: int, acknowledge: int, hook: "Hook") -> None:
        self.token = token
        self.report = report
        self.acknowledge = acknowledge
        self.hook = hook
        self.pid = getpid()
        self.entries: dict[str, dict[str, object]] = {}

    def say(self, **message: object) -> None:
        """Send one message; copies of this process that a test forked stay silent."""
        if getpid() != self.pid:
            return
        line = self.token + dumps(message).encode("ascii") + b"\n"
        while line:
            line = line[write(self.report, line) :]

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Let no test file bring plugins of its own."""
        config.pluginmanager.consider_module = lambda _module: None  # type: ignore[method-assign]

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Say how many results will come."""
        self.say(kind="collected", count=len(session.items) + len(self.entries))
        for entry in self.entries.values():
            self.finish(entry)

    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo) -> None:
        """Keep the reason of a failure: only here the exception itself is at hand."""
        if isinstance(node, pytest.Collector):
            entry = self.entry(node.nodeid, "error")
        else:
            entry = self.entry(node.nodeid, "passed")
        error = call.excinfo.value
        if isinstance(error, pytest.Collector.CollectError) and error.__cause__ is not None:
            error = error.__cause__
        if not entry["message"]:
            entry["message"], entry["traceback"] = described(error)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Count a file that can't be read, or doesn't want to be, as a test with that outcome."""
        if report.failed:
            self.worsen(self.entry(report.nodeid, "error"), "error")
        elif report.skipped:
            entry = self.entry(report.nodeid, "skipped")
            entry["message"] = clip(skip_reason(report.longrepr), MAX_MESSAGE)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Tell when a test begins and ends; the hook listens only in between."""
        self.say(kind="started", id=clip(item.nodeid, MAX_ID))
        self.hook.begin()
        try:
            return (yield)
        finally:
            entry = self.entry(item.nodeid, "error")
            entry["functions"] = self.hook.end()
            self.finish(entry)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the worst of setup, call, teardown and subtests."""
        entry = self.entries.get(report.nodeid)
        if entry is None:
            entry = self.entry(report.nodeid, "passed")
        entry["duration_seconds"] = float(entry["duration_seconds"]) + report.duration
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        if hasattr(report, "wasxfail"):
            outcome, reason = "skipped", f"expected to fail: {report.wasxfail}"
            entry["message"] = entry["message"] or clip(reason, MAX_MESSAGE)
        elif report.skipped:
            entry["message"] = entry["message"] or clip(skip_reason(report.longrepr), MAX_MESSAGE)
        self.worsen(entry, outcome)

    def worsen(self, entry: dict[str, object], outcome: str) -> None:
        """Let an outcome only get worse."""
        if RANK[outcome] > RANK[str(entry["outcome"])]:
            entry["outcome"] = outcome

    def entry(self, nodeid: str, outcome: str) -> dict[str, object]:
        """Return a test's entry, made on first sight."""
        blank = {
            "id": clip(nodeid, MAX_ID),
            "path": clip(nodeid.split("::", 1)[0], MAX_ID),
            "outcome": outcome,
            "duration_seconds": 0.0,
            "message": "",
            "traceback": "",
            "functions": [],
        }
        return self.entries.setdefault(nodeid, blank)

    def finish(self, entry: dict[str, object]) -> None:
        """Send a result and wait until what was printed has been put beside it."""
        if getpid() != self.pid:
            return
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except (OSError, ValueError, AttributeError):
                continue  # the test closed or replaced it
        self.say(kind="test", **entry)
        read(self.acknowledge, 1)


class Hook:
    """What instrumented functions call first: notes who was called, or raises, but only while a test runs."""

    def __init__(self, mode: str) -> None:
        self.raises = mode == "raise"
        self.is_listening = False
        self.seen: set[str] = set()

    def begin(self) -> None:
        """Listen from now on."""
        self.seen.clear()
        self.is_listening = True

    def end(self) -> list[str]:
        """Stop, and return the names of the functions called."""
        self.is_listening = False
        return sorted(self.seen)[:MAX_FUNCTIONS]

    def __call__(self, name: str) -> None:
        if self.is_listening:
            self.seen.add(name)
            if self.raises:
                raise instrument.StubCalledError(name)


def run(options: dict[str, object], token: bytes, report: int, acknowledge: int) -> None:
    """Run the project's tests and end the process without giving exit hooks a turn."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.dont_write_bytecode = True
    mode, code = str(options["mode"]), list(options["code"])
    hook = Hook(mode)
    reporter = Reporter(token, report, acknowledge, hook)
    if mode != "plain":
        setattr(builtins, instrument.HOOK_NAME, hook)
        reporter.say(kind="functions", names=instrument.instrument_all(WORK, code))
    measure = start_coverage() if mode == "plain" else None
    set_import_path()
    exit_code = int(pytest.main(list(ARGUMENTS), plugins=[reporter]))
    lines = {} if measure is None else measured(measure, code)
    tools = {"python": sys.version.split()[0], "pytest": pytest.__version__, "coverage": coverage.__version__}
    reporter.say(kind="finished", exit_code=exit_code, coverage=lines, tools=tools, arguments=ARGUMENTS)
    os._exit(exit_code)


def set_import_path() -> None:
    """Make flat, ``src`` and package layouts importable, and the drivers not."""
    folders = [folder for folder in (f"{WORK}/src", WORK) if os.path.isdir(folder)]
    sys.path[:] = [*folders, *(path for path in sys.path if path != "/driver")]
    os.environ["PYTHONPATH"] = ":".join(folders)  # for programs of the project that a test starts
    sys.argv = ["pytest"]


def start_coverage() -> coverage.Coverage:
    """Count the lines of the project, with no configuration and no file."""
    measure = coverage.Coverage(data_file=None, config_file=False, branch=False, include=[f"{WORK}/*"], messages=False)
    measure._warn_no_data = False  # noqa: SLF001 (a project without code is no reason to print)
    measure.start()
    return measure


def measured(measure: coverage.Coverage, code: list[str]) -> dict[str, dict[str, object]]:
    """Return the counts of each file, also of those that no test imports; unreadable ones are left out."""
    measure.stop()
    counts, room = {}, MAX_MISSING
    for path in code:
        try:
            _, statements, _, missing, _ = measure.analysis2(f"{WORK}/{path}")
        except (coverage.CoverageException, OSError):
            continue
        covered = len(statements) - len(missing)
        counts[path] = {"statements": len(statements), "covered": covered, "missing": missing[:room]}
        room = max(0, room - len(missing))
    return counts
