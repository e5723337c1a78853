"""Runs inside the sandbox: starts node once for each test file, listens to it, and alone writes the record.

Foreign code runs in node only, which gets neither this process's input and output nor the nonce. What node says goes
the same way, with the same checks, as what pytest's process says: see ``listener``.
"""

import json
import os
import pathlib
import signal
import subprocess
import sys

sys.path.insert(0, "/driver")

import delivered
from listener import Message, emit
from node_listener import COVERAGE, NODE, NodeListener

TOOL_SECONDS = 15
MAX_ANSWER = 4 << 20


def ask_node(script: str, options: Message) -> Message:
    """Let a driver that runs no foreign code answer with one JSON object; nothing when it can't."""
    command = (NODE, "--max-old-space-size=512", f"/driver/{script}", json.dumps(options))
    try:
        answer = subprocess.run(command, cwd="/work", capture_output=True, timeout=TOOL_SECONDS, check=False)
        return json.loads(answer.stdout[:MAX_ANSWER])
    except (subprocess.TimeoutExpired, ValueError, OSError):
        return {}


def tools() -> dict[str, str]:
    """Return what the tests were run with."""
    answer = subprocess.run((NODE, "--version"), capture_output=True, check=False)
    return {"node": answer.stdout.decode("ascii", "replace").strip().removeprefix("v")}


def run_tests(ear: NodeListener, options: Message) -> Message | None:
    """Run the tests as they are; return the last words, or None when it was cut short."""
    if not ear.run_plain():
        return None
    coverage = ask_node("node_coverage.mjs", {"folder": COVERAGE, "code": options["code"]})
    return {"exit_code": ear.code, "coverage": coverage, "tools": tools(), "arguments": options["tests"][:40]}


def run_control(ear: NodeListener, options: Message) -> Message | None:
    """Run the sessions on instrumented code; return the last words, or None when one could not be judged."""
    facts = ask_node("node_instrument.mjs", {name: options[name] for name in ("code", "tests", "seed", "mutants")})
    if not facts:
        return None
    ear.facts.update(functions=facts["functions"], tripwires=facts["tripwires"])
    ear.plan.know(facts["possible"], facts["mutants"])
    instrumented = {path: pathlib.Path("/work", path).read_bytes() for path in options["code"]}
    kept = delivered.outside()

    def prepare() -> None:
        delivered.restore(kept)
        for path, content in instrumented.items():
            pathlib.Path("/work", path).write_bytes(content)

    ear.prepare = prepare
    while order := ear.plan.next():
        if not ear.run_session(order):
            return None
    ear.code = 0  # that tests failed is what the sessions are for
    return {"exit_code": 0, "coverage": {}, "tools": tools(), "arguments": []}


def main() -> None:
    """Run as ordered, and write the record."""
    options = json.load(sys.stdin)
    ear = NodeListener(options)
    run = run_tests if ear.plan is None else run_control
    finish = run(ear, options)
    if ear.code == -signal.SIGXCPU:
        ear.reason = ear.reason or "timeout"
    ear.finish = finish
    ear.current = "" if finish else ear.current
    emit({"record": ear.record(ear.code, options["nonce"])})
    os._exit(0)


if __name__ == "__main__":
    main()
