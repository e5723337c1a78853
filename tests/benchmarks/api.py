"""Agentsite's API beside the least FastAPI service that does the same work on the same PostgreSQL.

Both run under uvicorn with the same number of processes; rounds take turns, so that what else the machine does hits
both. ``--profile`` shows instead where Agentsite's time goes; ``--rounds``, ``--count``, ``--connections`` and
``--processes`` are for patience and machines.
"""

import argparse
import statistics
import sys
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from tests.benchmarks.api_services import AGENTSITE, FASTAPI, Services, served
from tests.benchmarks.api_where import print_profile

OPERATIONS = {"create": ("POST", 201), "list": ("GET", 200), "read": ("GET", 200)}
WANTED = {"project_name": "roman", "requirements": "A function that converts integers to Roman numerals and back"}
WARM_UP = 40


@dataclass
class Figures:
    """What one operation of one service took."""

    rates: list[float] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    computed: list[float] = field(default_factory=list)
    """Processor seconds of the service for each request."""

    def row(self, base: "Figures") -> str:
        """Return the columns of the table."""
        cuts = statistics.quantiles(self.taken, n=20)
        ratio = statistics.median(self.rates) / statistics.median(base.rates)
        spread = f"{min(self.rates):.0f}–{max(self.rates):.0f}"
        middle = statistics.median(self.taken) * 1000
        cpu = statistics.median(self.computed) * 1000
        times = f"{middle:8.2f} {cuts[18] * 1000:8.2f} {cpu:8.2f}"
        return f"{statistics.median(self.rates):8.0f} {spread:>12} {times} {ratio:7.2f}"


def main() -> None:
    """Set both up, measure, print."""
    asked = _arguments()
    with served(asked.processes) as services:
        if asked.profile:
            for name in OPERATIONS:
                print_profile(services, name, partial(_round, services, name, asked))
            return
        say(f"{asked.processes} process(es) each, {asked.connections} connections, {asked.rounds} rounds in turns\n\n")
        heads = f"{'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8} {'ratio':>7}"
        say(f"{'operation':9} {'service':10} {'req/s':>8} {'worst–best':>12} {heads}\n")
        for name in OPERATIONS:
            _compare(services, name, asked)
        say("\nSQL queries a request, counted in Agentsite (BEGIN and COMMIT too):\n")
        for name, count in services.queries().items():
            say(f"{name:9} {count}\n")


def _compare(services: Services, name: str, asked: argparse.Namespace) -> None:
    figures = {AGENTSITE: Figures(), FASTAPI: Figures()}
    for url in services.urls.values():
        _round(services, name, asked, url, count=WARM_UP)
    for _ in range(asked.rounds):
        for service, url in services.urls.items():
            before = services.cpu_seconds(service)
            result = _round(services, name, asked, url)
            figures[service].computed.append((services.cpu_seconds(service) - before) / asked.count)
            figures[service].rates.append(asked.count / result["seconds"])
            figures[service].taken += result["taken"]
    for service, figure in figures.items():
        say(f"{name:9} {service:10} {figure.row(figures[FASTAPI])}\n")


def _round(
    services: Services, name: str, asked: argparse.Namespace, url: str, *, count: int | None = None
) -> dict[str, Any]:
    method, status = OPERATIONS[name]
    path = f"/api/v1/builds/{services.build}/" if name == "read" else "/api/v1/builds/"
    services.end_what_waits()
    wanted = {"url": url + path, "method": method, "status": status, "key": services.key}
    size = {"count": count or asked.count, "connections": asked.connections}
    return services.load(wanted | size | ({"body": WANTED} if method == "POST" else {}))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/bench api", description=__doc__)
    parser.add_argument("--profile", action="store_true", help="show where Agentsite's time goes")
    for name, default in (("rounds", 7), ("count", 300), ("connections", 8), ("processes", 1)):
        parser.add_argument(f"--{name}", type=int, default=default)
    return parser.parse_args()


def say(text: str) -> None:
    """Print at once."""
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
