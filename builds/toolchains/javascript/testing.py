"""How ``node --test``'s runner is started in the sandbox."""

import random
from collections.abc import Sequence

from builds.agent.values import SandboxLimits, Tree
from builds.toolchains.javascript.layout import Layout
from builds.toolchains.running import Driver, Orders

DRIVER = ("/runtime/bin/python", "-I", "-B", "/driver/run_node_tests.py")
NODE_TEST = ("node", "--test")
ADDRESS_SPACE_BYTES = 64 << 30
"""V8 reserves ten gigabytes of addresses for each WebAssembly memory, which ``fetch`` has; memory itself is limited."""
PROCESS_MEMORY_BYTES = 2 << 30
"""Each thread reserves room for its compiled code, which counts as if it were used."""
PROCESSES = 128
"""One node has eleven threads, and each thread counts."""


def node_limits(limits: SandboxLimits) -> SandboxLimits:
    """Return what node needs where it needs more than Python."""
    return limits.model_copy(
        update={
            "address_space_bytes": max(limits.address_space_bytes, ADDRESS_SPACE_BYTES),
            "process_memory_bytes": max(limits.process_memory_bytes, PROCESS_MEMORY_BYTES),
            "processes": max(limits.processes, PROCESSES),
        }
    )


def driver_for(layout: Layout, tree: Tree, orders: Orders) -> Driver:
    """Say how a tree is tested: the seed shuffles the files here, and the tests of a file inside."""
    seed = 0 if orders.sessions else orders.seed
    return Driver(
        argv=DRIVER,
        command=NODE_TEST,
        files={"code": layout.code_files(tree), "tests": in_order(layout.test_files(tree), seed)},
    )


def in_order(files: Sequence[str], seed: int) -> list[str]:
    """Return the test files in the order that belongs to a seed; as they were for 0."""
    ordered = list(files)
    if seed:
        random.Random(seed).shuffle(ordered)  # noqa: S311  an order to try, not a secret
    return ordered
