"""Runs inside the sandbox: starts node once for each test file, listens to it, and alone writes the record.

Foreign code runs in node only, which gets neither this process's input and output nor the nonce. What node says goes
the same way, with the same checks, as what pytest's process says: see ``node_listener``.
"""

import json
import os
import secrets
import signal
import subprocess
import sys
import time

sys.path.insert(0, "/driver")

from node_listener import ForgedError, Listener, Message, emit

NODE = "/usr/bin/node"
CHILD = "/driver/node_child.mjs"
COVERAGE = "/tmp/agentsite-coverage"
NODE_OPTIONS = "--max-old-space-size=384 --disable-warning=MODULE_TYPELESS_PACKAGE_JSON"
ARGUMENTS = (f"--test-reporter={CHILD}", "--test-reporter-destination=stdout", CHILD, "tests")
TOOL_SECONDS = 15
MAX_ANSWER = 4 << 20

Options = dict[str, object]


class NodeListener(Listener):
    """Hears one node after the other; the results of all make one record."""

    def __init__(self, deadline: float) -> None:
        super().__init__(-1, b"", -1, -1, -1, deadline)
        self.collected = 0
        self.file = ""
        self.code = 0

    def hear_file(self, file: str) -> None:
        """Run one test file to its end or to a limit."""
        self.file = self.current = file
        self.finish = None
        self.rest = bytearray()
        self.token = secrets.token_hex(16).encode()
        pipes = [os.pipe() for _ in range(3)]
        (self.report, report), (self.output, output), (acknowledge, self.acknowledge) = pipes
        process = start(output, (report, acknowledge))
        for descriptor in (report, output, acknowledge):
            os.close(descriptor)
        self.pid = process.pid
        given = {"token": self.token.decode(), "report": report, "acknowledge": acknowledge, "file": file}
        process.stdin.write(json.dumps({**given, "mode": OPTIONS["mode"], "code": OPTIONS["code"]}).encode())
        process.stdin.close()
        process.returncode = os.waitstatus_to_exitcode(self.listen())
        for descriptor in (self.report, self.output, self.acknowledge):
            os.close(descriptor)
        self.code = worse(self.code, process.returncode)

    def take(self, message: Message) -> None:
        """Accept one message, if it may come now."""
        kind = message["kind"]
        if self.finish is not None:
            raise ForgedError
        if kind == "started":
            self.current = str(message["id"])
        elif kind == "test":
            self.take_test(message)
            self.current = self.file
        elif kind == "finished":
            self.finish = message
            self.collected += int(message["count"])
        else:
            raise ForgedError


def start(output: int, handed_down: tuple[int, int]) -> subprocess.Popen[bytes]:
    """Start node on its side of the pipes."""
    return subprocess.Popen(
        (NODE, *ARGUMENTS),
        cwd="/work",
        env={**os.environ, "NODE_OPTIONS": NODE_OPTIONS, "NODE_V8_COVERAGE": COVERAGE if IS_MEASURED else ""},
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        pass_fds=handed_down,
    )


def worse(one: int, other: int) -> int:
    """Keep the first exit code that is not zero."""
    return one or other


def ask_node(script: str, options: Options) -> dict[str, object]:
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


def record(listener: NodeListener, functions: list[object], code: list[object], nonce: str) -> Message:
    """Say how it went; without a complete last file nothing is finished."""
    finish, reason = None, listener.reason or ("timeout" if listener.code == -signal.SIGXCPU else "")
    if listener.finish is not None and not reason:
        coverage = ask_node("node_coverage.mjs", {"folder": COVERAGE, "code": code}) if IS_MEASURED else {}
        arguments = ("--test", *OPTIONS["tests"])
        finish = {"exit_code": listener.code, "coverage": coverage, "tools": tools(), "arguments": arguments[:40]}
    return {
        "nonce": nonce,
        "reason": reason,
        "exit_code": listener.code,
        "collected": listener.collected,
        "tests": listener.tests,
        "functions": functions,
        "current": listener.current if finish is None else "",
        "finish": finish,
        "output": listener.transcript.decode("utf-8", "replace"),
    }


def main() -> None:
    """Prepare the code, run each test file, write the record."""
    nonce = json.load(sys.stdin)["nonce"]
    listener = NodeListener(time.monotonic() + OPTIONS["seconds"])
    functions: list[object] = []
    if OPTIONS["mode"] != "plain":
        functions = list(ask_node("node_instrument.mjs", {"code": OPTIONS["code"]}).get("functions", []))
    listener.finish = {}
    for file in OPTIONS["tests"]:
        listener.hear_file(file)
        if listener.finish is None or listener.reason:
            break
    emit({"record": record(listener, functions, OPTIONS["code"], nonce)})
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    OPTIONS = json.loads(sys.argv[1])
    IS_MEASURED = OPTIONS["mode"] == "plain"
    main()
