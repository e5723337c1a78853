"""The pytest plugin that tells the ledger what happens, and lets the parent decide in which order tests run."""

import inspect
import random
import sys
import types
from collections.abc import Callable, Generator
from typing import Any

import pytest
from failures import MAX_MESSAGE, clip, described, skip_reason

MAX_FUNCTIONS = 500
Send = Callable[[tuple[Any, ...]], Any]


class Reporter:
    """Hooks in the order in which pytest calls them; nothing that could be forged is kept here."""

    def __init__(self, send: Send, run_sessions: Callable[[pytest.Session, "Reporter", Any], None]) -> None:
        self.send = send
        self.run_sessions = run_sessions
        self.seen: set[str] = set()
        self.odd: set[str] = set()
        self.types: set[str] = set()
        self.is_listening = False

    @pytest.hookimpl(trylast=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Let no test file bring plugins of its own."""
        session.config.pluginmanager.consider_module = lambda _module: None  # type: ignore[method-assign]
        self.send(("stand_guard", session.config))

    def pytest_exception_interact(self, node: pytest.Item | pytest.Collector, call: pytest.CallInfo) -> None:
        """Keep the reason of a failure: only here the exception itself is at hand."""
        error = call.excinfo.value
        if isinstance(error, pytest.Collector.CollectError) and error.__cause__ is not None:
            error = error.__cause__
        name = "problem" if isinstance(node, pytest.Collector) else "reason"
        self.send((name, node.nodeid, *(["error"] if name == "problem" else []), *described(error)))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Tell of a file that can't be read, or doesn't want to be."""
        if report.failed:
            self.send(("problem", report.nodeid, "error"))
        elif report.skipped:
            self.send(("problem", report.nodeid, "skipped", clip(skip_reason(report.longrepr), MAX_MESSAGE)))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Say what was collected, and run it as the parent then orders: what is imported can't know yet what for."""
        flush()
        orders = self.send(("collected", [(item.nodeid, code_of(item)) for item in session.items]))
        if "sessions" in orders:
            self.run_sessions(session, self, orders)
        else:
            self.run_items(session, ordered(session.items, orders["seed"]))
        return True

    def run_items(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Run tests one after another."""
        for item, following in zip(items, [*items[1:], None], strict=False):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.shouldfail or session.shouldstop:
                raise session.Interrupted(session.shouldfail or session.shouldstop)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Tell when a test begins and ends; which functions were called is noted only in between."""
        self.send(("begin", item.nodeid))
        self.seen.clear()
        self.types.clear()
        self.is_listening = True
        try:
            return (yield)
        finally:
            self.is_listening = False
            flush()
            noted = [sorted(names)[:MAX_FUNCTIONS] for names in (self.seen, self.odd, self.types)]
            self.send(("end", item.nodeid, *noted))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Call the test's function itself, so that its return is seen before anything else can be."""
        function, code = pyfuncitem.obj, code_of(pyfuncitem)
        if code is None:
            return None
        names = pyfuncitem._fixtureinfo.argnames  # noqa: SLF001 (as pytest's own caller does)
        returned = None
        try:
            function(**{name: pyfuncitem.funcargs[name] for name in names})
            returned = code
        finally:
            self.send(("came_back", pyfuncitem.nodeid, returned))
        return True

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Pass on how setup, call, teardown and subtests ended."""
        outcome = "error" if report.failed and report.when != "call" else report.outcome
        message = ""
        if hasattr(report, "wasxfail"):
            outcome, message = "skipped", clip(f"expected to fail: {report.wasxfail}", MAX_MESSAGE)
        elif report.skipped:
            message = clip(skip_reason(report.longrepr), MAX_MESSAGE)
        self.send(("phase", report.nodeid, str(outcome), float(report.duration), message))


def flush() -> None:
    """Let what was printed reach the parent before it is told of the end; the streams may be foreign code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError, AttributeError):
            continue  # the test closed or replaced it


def trusted() -> frozenset[types.CodeType]:
    """Return the code that the ledger listens to."""
    return frozenset(value.__code__ for value in vars(Reporter).values() if inspect.isfunction(value))


def code_of(item: pytest.Item) -> types.CodeType | None:
    """Return the code of the function that is the test; None for what pytest has to call itself."""
    function = getattr(item, "obj", None)
    function = getattr(function, "__func__", function)
    if type(item) is not pytest.Function or inspect.iscoroutinefunction(function):
        return None
    return getattr(function, "__code__", None)


def ordered(items: list[pytest.Item], seed: int) -> list[pytest.Item]:
    """Return the tests as they were written, or shuffled by a seed other than 0."""
    shuffled = list(items)
    if seed:
        random.Random(seed).shuffle(shuffled)
    return shuffled
