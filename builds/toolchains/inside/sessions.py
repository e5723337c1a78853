"""Runs the collected tests again and again for the negative control, each time in a copy of the process."""

import ast
import contextlib
import importlib
import inspect
import os
import pathlib
import select
import signal
import sys
import time
import types
from typing import Any

import delivered
import mutants
import pytest
import stubs
import values
from failures import clipped_id
from reporter import Reporter, Send

WORK = "/work"
STARTS_A_PROGRAM = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn"}
PROBES = ("agentsite: equal to nothing", -918273645, (None, "agentsite"))
DEPTH = 3

fork, leave, kill, wait = os.fork, os._exit, os.kill, os.waitpid
"""Taken before foreign code can replace them."""

Order = dict[str, Any]


class Sessions:
    """Obeys the parent's orders, one session after another."""

    def __init__(self, send: Send, code: list[str]) -> None:
        self.send = send
        self.code = code
        self.mutants: list[mutants.Mutant] = []
        self.kept: set[pathlib.Path] = set()
        """What the project put outside of its folder while it was imported."""

    def run(self, session: pytest.Session, reporter: Reporter, orders: Order) -> None:
        """Run sessions until there is none left."""
        load(self.code, {item.nodeid.partition("::")[0] for item in session.items})
        self.kept = delivered.outside()
        total, self.mutants = mutants.sampled(self.code, orders["seed"], orders["mutants"])
        facts = [[each.path, each.line, each.function, each.words] for each in self.mutants]
        self.send(("tell", "mutants", total, facts))
        while order := self.send(("order",)):
            wanted = set(order.get("tests") or ())
            items = [item for item in session.items if not wanted or clipped_id(item.nodeid) in wanted]
            self.run_one(session, reporter, order, items)
            self.send(("tell", "over", 0, []))

    def run_one(self, session: pytest.Session, reporter: Reporter, order: Order, items: list[pytest.Item]) -> None:
        """Run tests in a copy; when one takes the copy down, go on after it in another."""
        trees = self.trees(order)
        while items:
            done = self.in_copy(session, reporter, order, items, trees)
            if done < len(items):
                self.send(("lost", items[done].nodeid))
            items = [] if order["kind"] == "mutant" else items[done + 1 :]
        delivered.restore(self.kept)

    def trees(self, order: Order) -> dict[str, ast.Module]:
        """Return the rewritten files of a session."""
        if order["kind"] == "mutant":
            mutant = self.mutants[order["number"]]
            return {mutant.path: mutants.made(mutant)}
        return stubs.stubbed(self.code, order["kind"], order["types"])

    def in_copy(
        self,
        session: pytest.Session,
        reporter: Reporter,
        order: Order,
        items: list[pytest.Item],
        trees: dict[str, ast.Module],
    ) -> int:
        """Return how many tests a copy ended."""
        self.send(("start",))
        pid = fork()
        if pid == 0:
            try:
                self.send(("adopt", [item.nodeid for item in items]))
                self.prepare(reporter, order, trees)
                reporter.run_items(session, items)
            finally:
                leave(0)
        self.watch(pid, order["patience"])
        return int(self.send(("ended",)))

    def watch(self, pid: int, patience: float) -> None:
        """Wait for a copy, and end it when no test has ended for a while."""
        handle = os.pidfd_open(pid)
        done, since = -1, time.monotonic()
        while not select.select([handle], [], [], 0.05)[0]:
            now = int(self.send(("ended",)))
            if now != done:
                done, since = now, time.monotonic()
            elif time.monotonic() - since > patience:
                kill(pid, signal.SIGKILL)
                break
        wait(pid, 0)
        os.close(handle)

    def prepare(self, reporter: Reporter, order: Order, trees: dict[str, ast.Module]) -> None:
        """Exchange the code in memory, and on disk as soon as a test starts a program."""
        kind = order["kind"]
        codes = stubs.codes_of(trees, {stubs.ENTER: entering(reporter, kind), stubs.LEAVE: leaving(reporter)})
        is_plain = kind in {"mark", "mutant"}
        for_disk = trees if is_plain else stubs.stubbed(self.code, kind, order["types"], is_for_disk=True)
        self.send(("hush", True))
        stubs.exchange(codes)
        if kind != "mark":
            sys.addaudithook(writing(for_disk))
        self.send(("hush", False))


def trusted() -> frozenset[types.CodeType]:
    """Return the code that the ledger listens to."""
    return frozenset(value.__code__ for value in vars(Sessions).values() if inspect.isfunction(value))


def load(code: list[str], tests: set[str]) -> None:
    """Import what tests import only when they run: code can be exchanged only in modules that are there."""
    trees = filter(None, map(stubs.parsed, tests))
    wanted = {name for tree in trees for node in ast.walk(tree) for name in imported(node)}
    for name in sorted(wanted & set(map(stubs.module_of, code))):
        with contextlib.suppress(BaseException):  # the test that imports it will say what is wrong
            importlib.import_module(name)


def imported(node: ast.AST) -> list[str]:
    """Return the modules that a statement may import."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module:
        return [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return []


def entering(reporter: Reporter, kind: str) -> Any:
    """Return what a rewritten function calls first: it notes the name, and says whether to answer without work."""

    def enter(name: str) -> bool:
        if not reporter.is_listening:
            return False
        reporter.seen.add(name)
        if kind == "raise":
            raise stubs.StubCalledError(name)
        return kind != "mark"

    return enter


def leaving(reporter: Reporter) -> Any:
    """Return what a marked function shows its results to: it notes their types, and those that equal everything."""

    def show(name: str, value: object) -> object:
        if reporter.is_listening:
            reporter.types.add(f"{name} {values.type_name(value)}")
            if name not in reporter.odd and equals_everything(value, DEPTH):
                reporter.odd.add(name)
        return value

    return show


def equals_everything(value: object, depth: int) -> bool:
    """Say whether a value, or one in it, equals what it can't: two or more of the probes."""
    if isinstance(value, list | tuple | set | dict) and type(value).__module__ == "builtins":
        parts = [*value, *(value.values() if isinstance(value, dict) else ())][:20]
        return depth > 0 and any(equals_everything(part, depth - 1) for part in parts)
    if type(value).__module__ == "builtins" or type(value).__eq__ is object.__eq__:
        return False
    try:
        return sum(bool(value == probe) for probe in PROBES) > 1
    except Exception:  # noqa: BLE001 (foreign code runs here and may raise anything)
        return False


def writing(trees: dict[str, ast.Module]) -> Any:
    """Return an audit hook that writes rewritten files when another program is about to read them."""
    left = dict(trees)

    def hook(event: str, _arguments: object) -> None:
        if event in STARTS_A_PROGRAM:
            while left:
                path, tree = left.popitem()
                pathlib.Path(WORK, path).write_text(ast.unparse(tree), encoding="utf-8")

    return hook
