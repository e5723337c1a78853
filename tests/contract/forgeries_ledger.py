"""Ways to get hold of the ledger itself, and to write into it: each would show a pass if it came so far."""

from tests.contract.forgeries import FAILS, HONEST_TEST, MEDDLED, STOPPED, WRONG, Forgery

REWRITE = """\
import os, sys, threading

busy = []

def rewrite(frame):
    if busy:
        return
    busy.append(True)
    while frame is not None:
        names = frame.f_locals
        for book in (names.get("book"), names.get("self")):
            if type(book).__name__ == "Book":
                bribe(book, type(book))
        frame = frame.f_back
    busy.clear()

def bribe(book, kind):
    book.phase = lambda nodeid, outcome, seconds, message: kind.phase(book, nodeid, "passed", seconds, "")
    book.reason = lambda *ignored: None
    book.came_back = lambda nodeid, code: kind.came_back(book, nodeid, book.codes[nodeid])
    book.say = lambda **said: None if said["kind"] == "tampered" else kind.say(book, **said)
    book.finished = lambda code, *rest: (kind.finished(book, 0, *rest), os._exit(0))

class Curious:
    def __init__(self, real):
        self.real = real
    def __getattr__(self, name):
        rewrite(sys._getframe(1))
        return getattr(self.real, name)
    def get(self, *arguments):
        rewrite(sys._getframe(1))
        return self.real.get(*arguments)

"""
TRACED_TEST = """\
import threading
from roman import to_roman

class Report:
    outcome, when, duration, longrepr, failed, skipped = "passed", "setup", 0.0, None, False, False
    def __init__(self, nodeid):
        self.nodeid = nodeid

def test_four(request):
    report = request.config.hook.pytest_runtest_logreport
    thread = threading.Thread(target=report, kwargs={"report": Report(request.node.nodeid)})
    thread.start()
    thread.join()
    assert to_roman(4) == "IV"
"""


TESTS = "from roman import to_roman\n\ndef test_one():\n    assert to_roman(1) == 'I'\n" + HONEST_TEST
"""The first one passes: some ways open only at a test's end."""


def through(name: str, way: str, reasons: set[str], test: str = TESTS) -> Forgery:
    """Take one way to the ledger as soon as the code is imported."""
    return Forgery(name, {"roman.py": f"{REWRITE}{way}\n{WRONG}", "test_roman.py": test}, reasons)


AT_THE_LEDGER = (
    through(
        "coverage's own tracer",
        "tracer = sys.gettrace()\nknown = tracer.should_trace\n"
        "tracer.should_trace = lambda name, frame: (rewrite(frame), known(name, frame))[1]\n"
        "tracer.should_trace_cache.clear()",
        FAILS,
    ),
    through(
        "a trace function for threads",
        "threading.settrace(lambda frame, event, argument: rewrite(frame))",
        MEDDLED,
        TRACED_TEST,
    ),
    through(
        "an audit hook",
        "sys.addaudithook(lambda event, arguments: event == 'sys._getframe' and rewrite(sys._getframe(1)))",
        MEDDLED,
    ),
    through("a stream that looks who flushes it", "sys.stdout = Curious(sys.stdout)", FAILS),
    through("a table of modules that looks who asks", "sys.modules = Curious(sys.modules)", MEDDLED | FAILS | STOPPED),
    through(
        "a table of plugins that looks who asks",
        "def meddle(config):\n    config.pluginmanager._name2plugin = Curious(config.pluginmanager._name2plugin)",
        MEDDLED,
        "import roman\n"
        + HONEST_TEST.replace("test_four()", "test_four(request)").replace(
            "    assert", "    roman.meddle(request.config)\n    assert"
        ),
    ),
)
