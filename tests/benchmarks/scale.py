"""What people do most, with few and with many builds in the database, by turns in one run; prints medians and ratios.

Both sides have a database of their own and stand ready at once, so that a machine that gets slower slows both. Uses
the server of DATABASE_URL, where it makes two databases, or SQLite. ``SMALL`` and ``LARGE`` set the sizes.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from urllib.parse import urlsplit, urlunsplit

import psycopg

from tests.flows.servers import ROOT

SMALL, LARGE = int(os.environ.get("SMALL", "10000")), int(os.environ.get("LARGE", "1000000"))
WARM_UP, ROUNDS = 5, 100
WORST = 1.2


class Side:
    """A process that does on its own database what it is asked for, and tells what it took."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.names = self._heard().split("|")

    def seconds(self, name: str) -> float:
        """Do it once; return the seconds."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{name}\n")
        self._process.stdin.flush()
        return float(self._heard())

    def _heard(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def main() -> None:
    """Fill both, measure by turns, print."""
    started = time.perf_counter()
    with ExitStack() as stack:
        many, few = (stack.enter_context(side(count)) for count in (LARGE, SMALL))
        say(f"{LARGE:,} and {SMALL:,} builds in place after {time.perf_counter() - started:.0f} s")
        say(f"{'median of ' + str(ROUNDS):<34}{SMALL:>12,}{LARGE:>12,}{'ratio':>8}   (aim at most {WORST} ×)")
        for name in few.names:
            less, more = measured(few, many, name)
            say(f"{name:<34}{less * 1000:>9.1f} ms{more * 1000:>9.1f} ms{more / less:>8.2f}")


def say(line: str) -> None:
    """Write one line."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def measured(few: Side, many: Side, name: str) -> tuple[float, float]:
    """Return the median seconds on each side, which take turns."""
    pairs = [(few.seconds(name), many.seconds(name)) for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    return statistics.median(less for less, _ in pairs), statistics.median(more for _, more in pairs)


@contextmanager
def side(count: int) -> Iterator[Side]:
    """Start a process whose database holds ``count`` builds; wait until they are there."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("AGENTSITE_DATA_DIR")) as folder:
        environment = os.environ | {"AGENTSITE_DATA_DIR": folder} | database(f"scale_{count}")
        command = [sys.executable, "-m", "tests.benchmarks.scale_side", str(count)]
        with subprocess.Popen(
            command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            yield Side(process)
            assert process.stdin is not None
            process.stdin.close()


def database(name: str) -> dict[str, str]:
    """Make an empty database on the server of DATABASE_URL, if there is one; return its address as a setting."""
    address = os.environ.get("DATABASE_URL", "")
    if not address.startswith("postgres"):
        return {}
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
    return {"DATABASE_URL": urlunsplit(urlsplit(address)._replace(path=f"/{name}"))}


if __name__ == "__main__":
    main()
