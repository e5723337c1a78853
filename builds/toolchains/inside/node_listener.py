"""Hears one node after the other: each runs one test file, once as it is or once for each session of the control."""

import json
import os
import secrets
import subprocess
import time
from collections.abc import Callable

import delivered
from listener import MAX_SHORT, ForgedError, Listener, Message
from plan import MOST_PATIENCE, SLOWER

NODE = "node"
"""The runtime's, else the system's: the search path has them in this order."""
CHILD = "/driver/node_child.mjs"
COVERAGE = "/tmp/agentsite-coverage"
NODE_OPTIONS = "--max-old-space-size=384 --zero-fill-buffers --disable-warning=MODULE_TYPELESS_PACKAGE_JSON"
ARGUMENTS = (f"--test-reporter={CHILD}", "--test-reporter-destination=stdout", CHILD, "tests")
LEAST_PATIENCE = 1.0
ENDINGS = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts")


class NodeListener(Listener):
    """Hears all processes of a run; what they say makes one record."""

    def __init__(self, options: Message) -> None:
        super().__init__(options)
        self.options = options
        self.collected = self.code = 0
        self.file = ""
        self.session: Message = {"kind": "plain"}
        self.wanted: set[str] | None = None
        self.heard_at = self.longest = 0.0
        self.prepare: Callable[[], None] = lambda: None
        """Called before each process, so that none finds what another left."""

    def run_plain(self) -> bool:
        """Run every test file once; say whether all of them came to their end."""
        for file in self.options["tests"]:
            if not self.hear_file(file):
                return False
            changed = delivered.changed(*ENDINGS)
            if changed:
                self.reason, self.detail = "rewritten", changed
                return False
        return True

    def run_session(self, order: Message) -> bool:
        """Run the tests of a session; say whether it was not cut short."""
        assert self.plan is not None
        self.session, self.printed_total = order, 0
        tests = order["tests"] or sorted(self.plan.reached)
        for file in self.options["tests"]:
            mine = [test for test in tests if test.partition("::")[0] == file]
            if order["kind"] == "mark":
                if (mine or not tests) and not self.hear_file(file, order["tests"] and mine):
                    return False
            elif mine:
                self.run_rest(file, mine, is_all=not order["tests"])
        return not self.reason

    def run_rest(self, file: str, tests: list[str], *, is_all: bool) -> None:
        """Run tests of a file; when one takes its process down, go on after it in another."""
        assert self.plan is not None
        while tests and not self.hear_file(file, None if is_all else tests) and not self.reason:
            left = [test for test in tests if test not in self.plan.results()]
            lost = [test for test in left if test == self.current] or left
            for test in lost:
                self.lose(test)
            is_all = False
            tests = [test for test in left if test not in lost] if self.session["kind"] != "mutant" else []

    def hear_file(self, file: str, tests: list[str] | None = None) -> bool:
        """Run one test file, or some tests of it, to its end or to a limit; say whether it came to its end."""
        self.prepare()
        self.file = self.current = file
        self.finish, self.is_given_up = None, False
        self.wanted = set(tests) if tests else None
        self.rest = bytearray()
        self.token = secrets.token_hex(16).encode()
        pipes = [os.pipe() for _ in range(3)]
        (self.report, report), (self.output, output), (orders, self.orders) = pipes
        process = self.start(output, (report, orders))
        for descriptor in (report, output, orders):
            os.close(descriptor)
        self.pid, self.heard_at = process.pid, time.monotonic()
        given = {"token": self.token.decode(), "report": report, "acknowledge": orders, "file": file}
        told = {"code": self.options["code"], "seed": self.seed if self.plan is None else 0, "wanted": tests or None}
        process.stdin.write(json.dumps({**given, **told, **self.session, "tests": []}).encode())
        process.stdin.close()
        process.returncode = os.waitstatus_to_exitcode(self.listen())
        for descriptor in (self.report, self.output, self.orders):
            os.close(descriptor)
        self.code = self.code or process.returncode
        return self.finish is not None and not self.reason

    def start(self, output: int, handed_down: tuple[int, int]) -> subprocess.Popen[bytes]:
        """Start node on its side of the pipes."""
        coverage = COVERAGE if self.plan is None else ""
        return subprocess.Popen(
            (NODE, *ARGUMENTS),
            cwd="/work",
            env={**os.environ, "NODE_OPTIONS": NODE_OPTIONS, "NODE_V8_COVERAGE": coverage},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=handed_down,
        )

    def judge(self) -> None:
        """End a process of the control also when a test takes much longer than any did on marked code."""
        super().judge()
        is_loading = self.current == self.file
        patience = MOST_PATIENCE if is_loading else min(MOST_PATIENCE, max(LEAST_PATIENCE, SLOWER * self.longest))
        self.is_given_up = self.session["kind"] not in {"plain", "mark"} and self.silence() > patience

    def silence(self) -> float:
        """Return the seconds since the child last said something of a test."""
        return time.monotonic() - self.heard_at

    def take(self, message: Message) -> None:
        """Accept one message, if it may come now."""
        kind = message["kind"]
        if self.finish is not None:
            raise ForgedError
        if kind == "started":
            self.current, self.heard_at = str(message["id"]), time.monotonic()
        elif kind == "test":
            if self.session["kind"] == "mark" and self.current != self.file:
                self.longest = max(self.longest, self.silence())
            self.heard_at = time.monotonic()
            if self.wanted is None or message["id"] in self.wanted:
                self.take_test(message)
            else:
                self.go_on()
            self.current = self.file
        elif kind == "tampered":
            self.reason, self.detail = "tampered", str(message["what"])[:MAX_SHORT]
        elif kind == "finished":
            self.finish = message
            if self.session["kind"] in {"plain", "mark"}:
                self.collected += int(message["count"])
        else:
            raise ForgedError
