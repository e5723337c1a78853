"""Where the time of a request goes: a server that looks at itself, and the statements it sends."""

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.api_queries import counted
from tests.benchmarks.api_services import AGENTSITE, Services, running

_MOST = 30
_DULL = ("uvicorn/", "asgiref/", "asyncio/", "concurrent/", "tests/benchmarks/")


def print_profile(services: Services, name: str, send: Callable[[str], object]) -> None:
    """Print an operation's packages, functions and statements."""
    application = "tests.benchmarks.sampled:application"
    with running(AGENTSITE, services.folder, services.environment, application=application) as (url, _pid):
        send(url)
        send(url)
    told = json.loads(Path(services.environment["BENCH_SAMPLES"]).read_text())
    sys.stdout.write(f"\n== {name}: {told['samples']} samples ==\nwhose code a thread was in\n")
    _print(Counter(told["packages"]), told["samples"], _MOST // 2)
    sys.stdout.write("on the stack (a caller counts with what it calls)\n")
    functions = {where: count for where, count in told["functions"].items() if not where.startswith(_DULL)}
    _print(Counter(functions), told["samples"], _MOST)
    sys.stdout.write("statements\n")
    for statement in counted(services.key, services.build)[name]:
        sys.stdout.write(f"  {' '.join(statement.split())[:150]}\n")


def _print(counts: Counter[str], samples: int, most: int) -> None:
    for where, count in counts.most_common(most):
        sys.stdout.write(f"  {100 * count / samples:5.1f} %  {where}\n")
