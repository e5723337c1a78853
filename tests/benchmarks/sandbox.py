"""What the sandbox costs: start, a small test run against the bare process, many at once, and watching.

The bare process runs the same files with the same interpreter, flags and coverage, so the ratio is the sandbox alone.
Both are run in turn, so that whatever else the machine does falls on both.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from builds.agent.ports import Sandbox
from builds.agent.values import SandboxRequest
from builds.sandbox.cgroups import limiter
from builds.sandbox.choose import choose_sandbox, runtime_directory
from tests.contract.projects import HONEST

ROUNDS = 15
PARALLEL = 16
WATCHED_SECONDS = 3
MEMORY = "/dev/shm"
"""The sandbox works in memory; on a disk the bare process would wait for it, and look slow."""
PYTEST = (
    *("-I", "-m", "coverage", "run", "--data-file=.coverage", "--source=.", "-m", "pytest", "-q"),
    *("-c", "/dev/null", "--rootdir", ".", "--noconftest", "-p", "no:cacheprovider"),
)
FILES = {path: text.encode() for path, text in HONEST.items()}
INSIDE = SandboxRequest(argv=("/runtime/bin/python", *PYTEST), files=FILES)
NOTHING = SandboxRequest(argv=("/bin/true",), files={})


def main() -> None:
    """Measure and print."""
    sandbox = choose_sandbox()
    about = sandbox.describe()
    write(f"{about.backend} {about.version}, {about.identity}, limited by {limiter()}, {os.cpu_count()} processors")
    start_cost(sandbox)
    test_run(sandbox)
    many_at_once(sandbox)
    watching(sandbox)


def start_cost(sandbox: Sandbox) -> None:
    """Compare a program that does nothing with the same one started bare."""
    inside, bare = in_turn(lambda: finish(sandbox, NOTHING), lambda: run_bare(["/bin/true"], "/"))
    write(f"start and end of a sandbox          {inside * 1000:8.1f} ms   bare {bare * 1000:.1f} ms")


def test_run(sandbox: Sandbox) -> None:
    """Compare three tests with coverage, in the sandbox and bare."""
    with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        for path, content in FILES.items():
            (Path(folder) / path).write_bytes(content)
        command = [str(runtime_directory() / "bin" / "python"), *PYTEST]
        inside, bare = in_turn(lambda: finish(sandbox, INSIDE), lambda: run_bare(command, folder))
    ratio = inside / bare
    write(f"3 tests with coverage               {inside * 1000:8.1f} ms   bare {bare * 1000:.1f} ms   {ratio:.3f} x")


def many_at_once(sandbox: Sandbox) -> None:
    """Run the three tests sixteen times side by side, and as often one after the other."""
    started = time.perf_counter()
    with ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(lambda _: finish(sandbox, INSIDE), range(PARALLEL)))
    together = time.perf_counter() - started
    started = time.perf_counter()
    for _ in range(PARALLEL):
        finish(sandbox, INSIDE)
    alone = time.perf_counter() - started
    ratio = together / alone
    write(f"{PARALLEL} runs side by side               {together:8.2f} s    one by one {alone:.2f} s   {ratio:.2f} x")


def watching(sandbox: Sandbox) -> None:
    """Measure the processor time of the thread that watches a sandbox with ten sleeping processes."""
    script = "for n in 1 2 3 4 5 6 7 8 9; do sleep 60 & done; sleep " + str(WATCHED_SECONDS)
    used: list[float] = []

    def watch() -> None:
        started = time.thread_time()
        finish(sandbox, SandboxRequest(argv=("/bin/sh", "-c", script), files={}))
        used.append(time.thread_time() - started)

    thread = threading.Thread(target=watch)
    thread.start()
    thread.join()
    write(f"watching ten processes              {used[0] / WATCHED_SECONDS:8.2%} of one processor")


def in_turn(first: Callable[[], None], second: Callable[[], None]) -> tuple[float, float]:
    """Return the median seconds of each, measured alternately after one warm-up."""
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(ROUNDS + 1):
        for action, list_of_times in zip((first, second), times, strict=True):
            started = time.perf_counter()
            action()
            if number:
                list_of_times.append(time.perf_counter() - started)
    return statistics.median(times[0]), statistics.median(times[1])


def finish(sandbox: Sandbox, request: SandboxRequest) -> None:
    """Run to a good end or fail."""
    result = sandbox.run(request)
    assert (result.outcome, result.exit_code) == ("exited", 0), result


def run_bare(command: list[str], folder: str) -> None:
    """Run the same without a sandbox."""
    subprocess.run(command, cwd=folder, check=True, capture_output=True, env={"PATH": "/usr/bin:/bin"})


def write(line: str) -> None:
    """Print one figure."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
