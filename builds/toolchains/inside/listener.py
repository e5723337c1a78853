"""Hears a child out that runs foreign code, and keeps what a record needs; no foreign code runs in this process.

What the child says is bounded, carries a token that is hard to come by, has an order, and is checked against how the
child ended. Which messages may come when is said by the listener of each test runner.
"""

import json
import os
import selectors
import signal
import sys
import time
from typing import Any

from plan import Plan

CHUNK = 1 << 16
MAX_MESSAGE = 1 << 20
MAX_OUTPUT = 1 << 20
MAX_TESTS = 1000
MAX_RECORD = 4 << 20
MAX_TEST_OUTPUT = 4 << 10
MAX_SHORT = 200
MAX_TRANSCRIPT = 64 << 10
TICK_SECONDS = 0.05
Message = dict[str, Any]


class ForgedError(Exception):
    """The child said something that it never says by itself."""


class Listener:
    """Hears one child at a time."""

    pid = report = output = orders = -1
    token = b""
    is_given_up = False
    """Set to end the child for its own sake: the run goes on."""

    def __init__(self, options: Message) -> None:
        self.seed = options["seed"]
        self.deadline = time.monotonic() + options["seconds"]
        self.plan = Plan(options) if options["sessions"] else None
        self.reason = self.detail = self.current = ""
        self.finish: Message | None = None
        self.collected: int | None = None
        self.facts: Message = {"functions": [], "tripwires": []}
        self.tests: list[Message] = []
        self.size = self.printed_total = 0
        self.printed, self.transcript, self.rest = (bytearray() for _ in range(3))

    def listen(self) -> int:
        """Serve the child until it ends; return its wait status."""
        handle = os.pidfd_open(self.pid)
        with selectors.DefaultSelector() as selector:
            for descriptor in (self.report, self.output):
                os.set_blocking(descriptor, False)
                selector.register(descriptor, selectors.EVENT_READ)
            selector.register(handle, selectors.EVENT_READ)
            while not self.reason and not self.is_given_up:
                ready = {key.fd for key, _ in selector.select(TICK_SECONDS)}
                for descriptor in self.hear(ready):
                    selector.unregister(descriptor)
                if handle in ready:
                    break
                self.judge()
        if self.reason or self.is_given_up:
            os.kill(self.pid, signal.SIGKILL)
        status = os.waitpid(self.pid, 0)[1]
        self.hear({self.report, self.output})
        return status

    def hear(self, ready: set[int]) -> list[int]:
        """Take in what is there; return the streams that ended."""
        ended = []
        try:
            if self.output in ready and not self.hear_output():
                ended.append(self.output)
            if self.report in ready and not self.hear_report():
                ended.append(self.report)
        except (ForgedError, ValueError, TypeError, KeyError, AttributeError, IndexError):
            self.reason = self.reason or "forged"
        return ended

    def judge(self) -> None:
        """End the child at its limits, early enough to tell what was learnt."""
        if self.printed_total > MAX_OUTPUT:
            self.reason = "output_limit"
        elif time.monotonic() > self.deadline:
            self.reason = "timeout"

    def hear_output(self) -> bool:
        """Read all that was printed so far."""
        while self.printed_total <= MAX_OUTPUT:
            chunk = read_some(self.output)
            if not chunk:
                return chunk is None
            self.printed_total += len(chunk)
            self.printed += chunk
            self.tell(chunk)
        return True

    def hear_report(self) -> bool:
        """Read messages, one JSON object a line."""
        while not self.reason:
            chunk = read_some(self.report)
            if not chunk:
                return chunk is None
            self.rest += chunk
            *lines, last = self.rest.split(b"\n")
            self.rest = bytearray(last)
            if len(last) > MAX_MESSAGE:
                raise ForgedError
            for line in lines:
                if not line.startswith(self.token):
                    raise ForgedError
                self.take(json.loads(line.removeprefix(self.token)))
        return True

    def take(self, message: Message) -> None:
        """Accept one message, if it may come now."""
        raise NotImplementedError

    def take_test(self, message: Message) -> None:
        """Keep a result with what was printed until then, and let the child go on."""
        self.hear_output()
        message["output"] = clipped(bytes(self.printed), MAX_TEST_OUTPUT)
        self.printed.clear()
        self.current = ""
        if self.plan is not None:
            self.plan.take(message)
        else:
            self.keep(message)
            line = f"{message['id']} {str(message['outcome']).upper()}\n"
            self.tell(line.encode("utf-8", "replace"))
            emit({"text": line})
        self.go_on()

    def lose(self, test: str) -> None:
        """Note a test of a session that took its process down."""
        assert self.plan is not None
        self.plan.take({"id": test, "outcome": "error", "message": "", "functions": [], "odd": []})
        self.current = ""

    def go_on(self) -> None:
        """Let the child go on after a result."""
        os.write(self.orders, b".")

    def keep(self, message: Message) -> None:
        """Keep details as long as there is room, and the outcome always."""
        if len(self.tests) >= MAX_TESTS:
            return
        self.size += len(json.dumps(message))
        if self.size > MAX_RECORD:
            message.update(message=str(message["message"])[:MAX_SHORT], traceback="", output="", functions=[])
        self.tests.append(message)

    def tell(self, chunk: bytes) -> None:
        """Write down the beginning of what a person would have seen."""
        self.transcript += chunk[: max(0, MAX_TRANSCRIPT - len(self.transcript))]

    def record(self, code: int, nonce: str) -> Message:
        """Say how it went.

        :param code: the child's exit code.
        """
        reason = self.reason or ("timeout" if code == -signal.SIGXCPU else "")
        return {
            "nonce": nonce,
            "reason": reason,
            "detail": self.detail,
            "exit_code": code,
            "collected": self.collected or 0,
            "tests": self.tests,
            **self.facts,
            "current": self.current,
            "finish": self.finish if not reason else None,
            "output": self.transcript.decode("utf-8", "replace"),
            "sessions": self.plan.ended if self.plan is not None else [],
            "mutants": self.plan.mutants if self.plan is not None else [],
            "mutants_possible": self.plan.possible if self.plan is not None else 0,
        }


def emit(message: Message) -> None:
    """Write one line to the server."""
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def read_some(descriptor: int) -> bytes | None:
    """Return what is there, nothing at the end, None when nothing is there yet."""
    try:
        return os.read(descriptor, CHUNK)
    except BlockingIOError:
        return None


def clipped(raw: bytes, limit: int) -> str:
    """Keep the beginning and the end of a long text."""
    if len(raw) > limit:
        raw = raw[: limit // 2] + b"\n[...]\n" + raw[-limit // 2 :]
    return raw.decode("utf-8", "replace")
