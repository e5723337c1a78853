"""Whether this machine has what JavaScript and TypeScript need; no node is asked twice for its version."""

import re
import subprocess
from functools import cache
from pathlib import Path

from builds.sandbox.choose import runtime_directory

SYSTEM_NODE = "/usr/bin/node"
"""What a sandbox shows where the runtime has no node of its own."""
OLDEST = (20, 19)
"""From here on node finds out by itself which files are ES modules."""
OLDEST_FOR_TYPES = (22, 18)
"""From here on node leaves out types by itself."""
VERSION = re.compile(r"v(\d{1,4})\.(\d{1,4})\.")
PARTS = ("acorn/package.json", "eslint/package.json")
TIMEOUT_SECONDS = 10


def javascript_problem() -> str:
    """Return the dotted code of what is missing here; empty when JavaScript can be built."""
    return problem_with(node_program(runtime_directory()), runtime_directory() / "node_modules")


def typescript_problem() -> str:
    """Return the dotted code of what is missing here; empty when TypeScript can be built."""
    return javascript_problem() or types_problem_with(node_program(runtime_directory()))


def node_program(runtime: Path) -> str:
    """Return the node that a sandbox finds first: the runtime's, if it is a program and no link, else the system's."""
    own = runtime / "bin" / "node"
    return str(own) if own.is_file() and not own.is_symlink() else SYSTEM_NODE


def problem_with(node: str, packages: Path) -> str:
    """Judge one node program and one folder of packages."""
    version = version_of(node)
    if version is None:
        return "node.missing"
    if version < OLDEST:
        return "node.too_old"
    return "" if all((packages / part).exists() for part in PARTS) else "node.packages_missing"


def types_problem_with(node: str) -> str:
    """Judge whether a node program that can run JavaScript can run TypeScript too."""
    version = version_of(node)
    return "" if version is not None and version >= OLDEST_FOR_TYPES else "typescript.node_too_old"


@cache
def version_of(node: str) -> tuple[int, int] | None:
    """Return the first two numbers of a node program's version; None for one that does not answer."""
    try:
        answer = subprocess.run(
            (node, "--version"), capture_output=True, env={}, check=False, timeout=TIMEOUT_SECONDS, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = VERSION.match(answer.stdout)
    return (int(found[1]), int(found[2])) if found else None
