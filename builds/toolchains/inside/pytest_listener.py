"""Hears pytest's process out, and decides what the record says."""

import json
import os

import delivered
from listener import MAX_SHORT, MAX_TESTS, ForgedError, Listener, Message


class PytestListener(Listener):
    """Hears the one process that collects and runs the tests, and orders the control's sessions from it."""

    def __init__(self, pid: int, token: bytes, report: int, output: int, orders: int, options: Message) -> None:
        super().__init__(options)
        self.pid, self.token = pid, token
        self.report, self.output, self.orders = report, output, orders
        self.ids: set[str] = set()

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
        changed = delivered.changed(".py") or delivered.added("*.py[co]")  # the latter would be taken for the former
        if changed:
            self.reason, self.detail = "rewritten", changed
        else:
            self.order({"seed": self.seed} if self.plan is None else self.plan.first())

    def take_test(self, message: Message) -> None:
        """Accept results of tests that were collected."""
        if message["id"] not in self.ids:
            raise ForgedError
        super().take_test(message)

    def take_session(self, message: Message) -> None:
        """Follow the control's sessions."""
        assert self.plan is not None
        if message["kind"] == "lost":
            self.lose(message["id"])
            self.go_on()
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
