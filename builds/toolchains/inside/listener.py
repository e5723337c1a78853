"""Hears the child out and decides what the record says; no foreign code ever runs in this process."""

import json
import os
import pathlib
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
SOURCE, WORK = "/src", "/work"
Message = dict[str, Any]


class ForgedError(Exception):
    """The child said something that it never says by itself."""


class Listener:
    """Hears one child out and keeps what a record needs."""

    def __init__(self, pid: int, token: bytes, report: int, output: int, orders: int, options: Message) -> None:
        self.pid, self.token = pid, token
        self.report, self.output, self.orders = report, output, orders
        self.deadline = time.monotonic() + options["seconds"]
        self.seed = options["seed"]
        self.plan, self.reason = Plan(options) if options["sessions"] else None, ""
        self.detail = self.current = ""
        self.finish: Message | None = None
        self.collected: int | None = None
        self.ids: set[str] = set()
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
            while not self.reason:
                ready = {key.fd for key, _ in selector.select(TICK_SECONDS)}
                for descriptor in self.hear(ready):
                    selector.unregister(descriptor)
                if handle in ready:
                    break
                self.judge()
        if self.reason:
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
        kind, is_before = message["kind"], self.collected is None
        if kind == "tampered":
            self.reason, self.detail = "tampered", str(message["what"])[:MAX_SHORT]
        elif self.finish is not None:
            raise ForgedError
        elif kind in self.facts and is_before:
            self.facts[kind] = list(message["facts"])[: 10 * MAX_TESTS]
        elif kind == "collected" and is_before:
            self.start_tests(message)
        elif kind == "started" and not is_before and not self.current and message["id"] in self.ids:
            self.current = str(message["id"])
        elif kind == "test" and not is_before:
            self.take_test(message)
        elif kind == "finished":
            self.finish = message
        elif self.plan is not None:
            self.take_session(message)
        else:
            raise ForgedError

    def start_tests(self, message: Message) -> None:
        """Compare the files with what was delivered, and say in which order the tests run: only now can it be known."""
        self.collected, self.ids = int(message["count"]), set(message["ids"])
        changed = changed_file()
        if changed:
            self.reason, self.detail = "rewritten", changed
        else:
            self.order({"seed": self.seed} if self.plan is None else self.plan.first())

    def take_test(self, message: Message) -> None:
        """Keep a result with what was printed until then, and let the child go on."""
        if message["id"] not in self.ids:
            raise ForgedError
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
        os.write(self.orders, b".")

    def take_session(self, message: Message) -> None:
        """Follow the control's sessions."""
        assert self.plan is not None
        if message["kind"] == "lost":
            self.plan.take({**message, "outcome": "error", "message": "", "functions": [], "odd": []})
            self.current = ""
            os.write(self.orders, b".")
        elif message["kind"] == "mutants":
            self.plan.know(int(message["count"]), list(message["facts"]))
            self.order(self.plan.next())
        elif message["kind"] == "over" and not self.current:
            self.printed_total = 0
            self.order(self.plan.next())
        else:
            raise ForgedError

    def order(self, order: Message) -> None:
        """Send the child one line."""
        os.write(self.orders, json.dumps(order).encode("ascii") + b"\n")

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

    def record(self, status: int, nonce: str) -> Message:
        """Say how it went."""
        code = os.waitstatus_to_exitcode(status)
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


def changed_file() -> str:
    """Name a delivered Python file that is not what it was, or compiled code that was put beside it."""
    source, work = pathlib.Path(SOURCE), pathlib.Path(WORK)
    for path in sorted(source.rglob("*.py")):
        copy = work / path.relative_to(source)
        if copy.is_symlink() or not copy.is_file() or copy.read_bytes() != path.read_bytes():
            return str(path.relative_to(source))
    planted = (
        path.relative_to(work) for path in work.rglob("*.py[co]") if not (source / path.relative_to(work)).exists()
    )
    return str(next(planted, ""))


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
