"""Runs a driver in the sandbox over a tree's tests, and reads the record that it writes."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass

from builds.agent.errors import Cancelled
from builds.agent.ports import IsCancelled, Sandbox
from builds.agent.values import SandboxLimits, SandboxRequest, SandboxResult, Tree
from builds.toolchains.record import ProgressReader, Record, read_record

MARGIN_SECONDS = 3.0
"""The driver stops the tests this long before the sandbox would, so that it can still tell what was learnt."""
OUTPUT_BYTES = 8 << 20
"""Room for the driver's record; what the tests print is limited to 1 MiB by the driver."""


@dataclass(frozen=True)
class TestRun:
    """One run: the sandbox's answer, and the record if one can be believed."""

    __test__ = False

    result: SandboxResult
    record: Record | None
    reason: str
    """Dotted code of why there is no record; empty when there is one."""


@dataclass(frozen=True)
class Orders:
    """What a run is for."""

    seed: int = 0
    """Shuffles the tests; for a control, samples the mutants."""
    sessions: tuple[str, ...] = ()
    """Kinds of stubs, for a control."""
    mutants: int = 0
    part: tuple[int, int] = (0, 1)
    """Which share of the mutants to try."""
    mutant_seconds: float = 0.0


@dataclass(frozen=True)
class Driver:
    """How one language's tests are started."""

    argv: tuple[str, ...]
    command: tuple[str, ...]
    """What a person would type; the driver adds its arguments."""
    files: Mapping[str, list[str]]
    """Which files are what, under the names that the driver inside knows."""
    hash_seed: int = 0


def run_driver(
    sandbox: Sandbox,
    tree: Tree,
    driver: Driver,
    orders: Orders,
    limits: SandboxLimits,
    *,
    is_cancelled: IsCancelled,
    on_output: Callable[[str], None] | None = None,
) -> TestRun:
    """Run the tests of a tree, as they are or under the negative control.

    :raises Cancelled: the run was asked to stop.
    """
    nonce = secrets.token_hex(16)
    seconds = max(1.0, limits.wall_seconds - MARGIN_SECONDS)
    request = SandboxRequest(
        argv=driver.argv,
        files=encoded(tree),
        stdin=json.dumps({**asdict(orders), **driver.files, "seconds": seconds, "nonce": nonce}).encode(),
        limits=limits.model_copy(update={"output_bytes": max(limits.output_bytes, OUTPUT_BYTES)}),
    )
    reader = ProgressReader(on_output) if on_output is not None else None
    result = sandbox.run(request, is_cancelled=is_cancelled, on_output=reader)
    if result.outcome == "cancelled":
        raise Cancelled
    if result.outcome != "exited":
        return TestRun(result, None, f"tests.{result.outcome}")
    return TestRun(result, *read_record(result.stdout, nonce))


def encoded(tree: Tree) -> dict[str, bytes]:
    """Turn texts into bytes; half characters become question marks."""
    return {path: text.encode("utf-8", errors="replace") for path, text in tree.items()}
