"""Keeps what is known of each test, and alone may speak to the process that writes the record.

Foreign code shares this process, so the ledger lives in the local variables of a generator. They can be reached through
the generator's frame or the garbage collector only, and Python's audit hooks, which can't be taken back, tell of both
before the caller gets anything. The generator listens to the reporter's own functions only, and only through an audit
hook: Python traces nothing in there, so no trace function gets to see its frames. Nothing in here may call foreign
code, from which the way back would be open.
"""

import gc
import json
import mmap
import os
import sys
import types
from _thread import get_ident
from collections.abc import Callable, Generator, Sequence
from typing import Any

import guard
from failures import MAX_ID, clip, clipped_id

RANK = {"passed": 0, "skipped": 1, "failed": 2, "error": 3}
NEVER_CALLED = "the test was never called, or did not return"

write, read, dumps, loads, getpid, caller = os.write, os.read, json.dumps, json.loads, os.getpid, sys._getframe  # noqa: SLF001
audit, thread = sys.audit, get_ident
collects, collect_no_more, collect_again = gc.isenabled, gc.disable, gc.enable
"""Taken before foreign code can replace them."""

REQUEST = "agentsite.ledger"
PLAIN = (str, int, float, bool, type(None), types.CodeType)

Send = Callable[[tuple[Any, ...]], Any]
Ledger = Generator[Any, tuple[bool, tuple[Any, ...]], None]


def opened(report: int, orders: int, trusted: frozenset[types.CodeType]) -> tuple[Any, Send]:
    """Return what the parent wants first, and the one way to ask the ledger.

    :param trusted: code of the functions that are listened to.
    """
    ledger = kept(report, orders)

    def send(request: tuple[Any, ...]) -> Any:
        answers: list[Any] = []
        audit(REQUEST, request, answers)
        return answers[0]

    first, door = next(ledger), send.__code__

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == REQUEST:
            was_collecting = collects()
            collect_no_more()  # else the collector's callbacks, which may be foreign, are called from in here
            is_trusted = caller(1).f_code is door and caller(2).f_code in trusted
            request, answers = arguments
            answers.append(ledger.send((is_trusted, request)))
            if was_collecting:
                collect_again()

    sys.addaudithook(hook)
    return first, send


def kept(report: int, orders: int) -> Ledger:
    """Yield the first order, then an answer to each request; whether it comes from the reporter goes with it."""
    book, main = Book(report, orders), thread()
    answer = book.settings
    while True:
        is_trusted, request = yield answer
        if not is_trusted or thread() != main:
            book.warn("called the reporter")
        if request[0] == "stand_guard" or is_plain(request):
            answer = getattr(book, request[0])(*request[1:])
        else:
            book.warn("gave the reporter values of its own kind")
            answer = None


def is_plain(value: object) -> bool:
    """Say whether a value, with all that is in it, has no type of the project's, whose methods could look around."""
    kind = type(value)
    if kind is dict:
        return is_plain([*value.keys(), *value.values()])  # type: ignore[attr-defined]
    if kind is list or kind is tuple:
        return all(is_plain(part) for part in value)  # type: ignore[attr-defined]
    return any(kind is plain for plain in PLAIN)  # one by one: a set would ask the type for its hash


class Book:
    """The ledger's pages."""

    def __init__(self, report: int, orders: int) -> None:
        self.report, self.orders, self.pid = report, orders, getpid()
        self.settings = self.order()
        self.token = self.settings.pop("token").encode("ascii")
        self.entries: dict[str, dict[str, Any]] = {}
        self.codes: dict[str, types.CodeType | None] = {}
        self.waiting: set[str] = set()
        self.current = ""
        self.returned = False
        self.watch: guard.Machinery | None = None
        self.progress = mmap.mmap(-1, 2)
        """Number of tests ended, low byte first, shared with copies of this process."""

    def order(self) -> Any:
        """Read one line from the parent."""
        line = b""
        while not line.endswith(b"\n"):
            piece = read(self.orders, 1 << 16)
            if not piece:
                os._exit(70)
            line += piece
        return loads(line.lstrip(b"."))  # a copy that was ended may have left what was meant for it

    def say(self, **message: Any) -> None:
        """Send one message; copies of this process that a test forked stay silent."""
        if getpid() != self.pid:
            return
        line = self.token + dumps(message).encode("ascii") + b"\n"
        while line:
            line = line[write(self.report, line) :]

    def warn(self, what: str) -> None:
        """Tell that foreign code meddles; nothing takes this back."""
        self.say(kind="tampered", what=what)

    def stand_guard(self, config: Any) -> None:
        """Watch the test machinery from now on, before foreign code is imported."""
        self.watch = guard.Machinery(config)
        self.alarm = self.warn
        guard.listen(self.alarm, self.watch.functions, kept.__code__)

    def hush(self, is_quiet: bool) -> None:  # noqa: FBT001 (a switch)
        """Let the sessions look through all objects and add a hook; the guard knows this by a value nobody else has."""
        guard.is_quiet[0] = self.alarm if is_quiet else False

    def check(self) -> None:
        """Compare the test machinery with what it was."""
        changed = self.watch.changed() if self.watch is not None else ""
        if changed:
            self.warn(f"changed {changed}")

    def tell(self, kind: str, count: int, facts: list[Any]) -> None:
        """Pass on plain facts."""
        self.say(kind=kind, count=count, facts=facts)

    def finished(self, exit_code: int, coverage: Any, tools: Any, arguments: list[str]) -> None:
        """Say the last words."""
        self.say(kind="finished", exit_code=exit_code, coverage=coverage, tools=tools, arguments=arguments)

    def problem(self, nodeid: str, outcome: str, message: str = "", traceback: str = "") -> None:
        """Count a file that can't be read, or doesn't want to be, as a test with that outcome."""
        entry = self.entries.setdefault(nodeid, blank(nodeid, outcome))
        entry.update(message=entry["message"] or message, traceback=entry["traceback"] or traceback)

    def collected(self, tests: Sequence[tuple[str, types.CodeType | None]]) -> Any:
        """Say how many results will come, and wait to be told what to do with them."""
        self.check()
        if self.watch is not None:
            self.watch.remember_tests()
        self.codes = dict(tests)
        self.waiting = set(self.codes)
        ids = [clipped_id(nodeid) for nodeid in (*self.entries, *self.codes)]
        self.say(kind="collected", count=len(self.entries) + len(tests), ids=ids)
        orders = self.order()
        if "sessions" not in orders:
            for entry in self.entries.values():
                self.finish(entry)
        return orders

    def adopt(self, nodeids: Sequence[str]) -> None:
        """Go on in a copy of this process, with some of the tests."""
        self.pid, self.waiting, self.current = getpid(), set(nodeids), ""
        self.entries.clear()

    def start(self) -> None:
        """Count from zero for the copy that is about to be made."""
        self.progress[0] = self.progress[1] = 0

    def ended(self) -> int:
        """Return how many tests the latest copy has ended; it has told that without a message."""
        return self.progress[0] + 256 * self.progress[1]

    def lost(self, nodeid: str) -> None:
        """Report a test that a copy did not survive."""
        self.say(kind="lost", id=clipped_id(nodeid))
        read(self.orders, 1)

    def begin(self, nodeid: str) -> None:
        """Open a test's entry."""
        if self.current or nodeid not in self.waiting:
            self.warn("tests were started twice or at once")
        self.waiting.discard(nodeid)
        self.current, self.returned = nodeid, False
        self.entries[nodeid] = blank(nodeid, "passed")
        self.say(kind="started", id=clipped_id(nodeid))

    def came_back(self, nodeid: str, code: types.CodeType | None) -> None:
        """Note that a test's own function returned, or not (code None): before pytest hears of it."""
        self.check()
        if code is not None and nodeid == self.current and code is self.codes[nodeid]:
            self.returned = True

    def phase(self, nodeid: str, outcome: str, seconds: float, message: str) -> None:
        """Take the worst of setup, call, teardown and subtests."""
        entry = self.entries.get(nodeid)
        if entry is None or nodeid != self.current:
            self.warn("reported a test that does not run")
            return
        entry["duration_seconds"] += seconds
        entry["message"] = entry["message"] or message
        if RANK[outcome] > RANK[entry["outcome"]]:
            entry["outcome"] = outcome

    def reason(self, nodeid: str, message: str, traceback: str) -> None:
        """Keep the reason of a failure."""
        entry = self.entries.get(nodeid)
        if entry is not None and not entry["traceback"]:
            entry.update(message=entry["message"] or message, traceback=traceback)

    def end(self, nodeid: str, functions: list[str], odd: list[str], types: list[str]) -> None:
        """Send a result; a pass needs the function's return as well as pytest's word."""
        entry = self.entries[nodeid]
        if entry["outcome"] == "passed" and self.codes.get(nodeid) is not None and not self.returned:
            entry.update(outcome="error", message=NEVER_CALLED)
        self.current = ""
        self.check()
        self.finish(entry | {"functions": functions, "odd": odd, "types": types})
        if getpid() == self.pid:
            count = self.ended() + 1
            self.progress[0], self.progress[1] = count % 256, count // 256

    def finish(self, entry: dict[str, Any]) -> None:
        """Send an entry and wait until what was printed, and flushed, has been put beside it."""
        if getpid() != self.pid:
            return
        self.say(kind="test", **entry)
        read(self.orders, 1)


def blank(nodeid: str, outcome: str) -> dict[str, Any]:
    """Return a test's entry before anything is known."""
    return {
        "id": clipped_id(nodeid),
        "path": clip(nodeid.split("::", 1)[0], MAX_ID),
        "outcome": outcome,
        "duration_seconds": 0.0,
        "message": "",
        "traceback": "",
        "functions": [],
        "odd": [],
        "types": [],
    }
