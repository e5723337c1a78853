"""Runs the tests of a JavaScript tree once; the record and its judgement are those of the Python toolchain."""

import json
import random
import secrets
from collections.abc import Callable, Sequence
from typing import Literal

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest, TestReport, Tree
from builds.toolchains.javascript.layout import code_files, test_files
from builds.toolchains.python.record import ProgressReader, read_record
from builds.toolchains.python.testing import MARGIN_SECONDS, OUTPUT_BYTES, TestRun, encoded
from builds.toolchains.python.testing import report_of as python_report_of

DRIVER = ("/runtime/bin/python", "-I", "-B", "/driver/run_node_tests.py")
ADDRESS_SPACE_BYTES = 64 << 30
"""V8 reserves ten gigabytes of addresses for each WebAssembly memory, which ``fetch`` has; memory itself is limited."""
PROCESSES = 128
"""One node has eleven threads, and each thread counts."""

Mode = Literal["plain", "mark", "raise", "neutral"]


def node_limits(limits: SandboxLimits) -> SandboxLimits:
    """Return what node needs where it needs more than Python."""
    return limits.model_copy(
        update={
            "address_space_bytes": max(limits.address_space_bytes, ADDRESS_SPACE_BYTES),
            "processes": max(limits.processes, PROCESSES),
            "output_bytes": max(limits.output_bytes, OUTPUT_BYTES),
        }
    )


def run_driver(
    sandbox: Sandbox,
    tree: Tree,
    mode: Mode,
    limits: SandboxLimits,
    *,
    seed: int = 0,
    is_cancelled: IsCancelled,
    on_output: Callable[[str], None] | None = None,
) -> TestRun:
    """Run the tests of a tree, as they are or on instrumented code.

    :param seed: shuffles the test files; inside a file node keeps the order in which tests were written.
    :raises Cancelled: the run was asked to stop.
    """
    nonce = secrets.token_hex(16)
    seconds = max(1.0, limits.wall_seconds - MARGIN_SECONDS)
    options = {"mode": mode, "seconds": seconds, "code": code_files(tree), "tests": in_order(test_files(tree), seed)}
    request = SandboxRequest(
        argv=(*DRIVER, json.dumps(options)),
        files=encoded(tree),
        stdin=json.dumps({"nonce": nonce}).encode(),
        limits=node_limits(limits),
    )
    reader = ProgressReader(on_output) if on_output is not None else None
    result = sandbox.run(request, is_cancelled=is_cancelled, on_output=reader)
    if result.outcome == "cancelled":
        raise Cancelled
    if result.outcome != "exited":
        return TestRun(result, None, f"tests.{result.outcome}")
    return TestRun(result, *read_record(result.stdout, nonce))


def in_order(files: Sequence[str], seed: int) -> list[str]:
    """Return the test files in the order that belongs to a seed; as they were for 0."""
    ordered = list(files)
    if seed:
        random.Random(seed).shuffle(ordered)  # noqa: S311  an order to try, not a secret
    return ordered


def report_of(run: TestRun, tree: Tree, sandbox_name: str, seed: int = 0) -> TestReport:
    """Turn a run into what it proves."""
    report = python_report_of(run, tree, sandbox_name, seed)
    return report.model_copy(update={"hash_seed": 0, "command": ("node", "--test", *test_files(tree))})
