"""Counters of several real processes in one folder."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentsite.common.shared_counters import SharedCounters

ROOT = Path(__file__).resolve().parents[2]
COUNTING = """
import sys
from pathlib import Path
from agentsite.common.shared_counters import SharedCounters
SharedCounters(Path(sys.argv[1])).take_part()
from prometheus_client import Counter, Gauge, Histogram
done = Counter("done", "Done.", ["what"])
took = Histogram("took", "Took.", buckets=(1, 2))
there = Gauge("there", "There.", multiprocess_mode="livesum")
done.labels("a").inc(int(sys.argv[2]))
took.observe(1.5)
there.set(1)
{more}
print("counted", flush=True)
sys.stdin.read()
"""


@contextmanager
def counting(folder: Path, number: int, more: str = "") -> Iterator["subprocess.Popen[str]"]:
    """Run a process that has counted so much, until the block ends."""
    command = [sys.executable, "-c", COUNTING.format(more=more), str(folder), str(number)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "counted\n"
        yield process
        process.send_signal(signal.SIGKILL)


def told(folder: Path) -> dict[str, float]:
    """Return what the folder says now."""
    families = SharedCounters(folder).collect()
    return {
        f"{sample.name}{''.join(sample.labels.values())}": sample.value
        for family in families
        for sample in family.samples
    }


def test_all_processes_are_added_up(tmp_path: Path) -> None:
    with counting(tmp_path, 2), counting(tmp_path, 3):
        found = told(tmp_path)
    assert (found["done_totala"], found["took_count"], found["took_bucket2.0"], found["there"]) == (5, 2, 2, 2)


def test_what_the_dead_counted_stays_and_their_files_go(tmp_path: Path) -> None:
    for turn in range(1, 4):
        with counting(tmp_path, 2):
            assert told(tmp_path)["done_totala"] == 2 * turn
    found = told(tmp_path)
    assert (found["done_totala"], found["took_count"], found["took_sum"]) == (6, 3, 4.5)
    assert "there" not in found
    assert {path.name for path in tmp_path.iterdir()} == {"counter_gone.db", "histogram_gone.db", "lock"}


def test_sums_never_fall_while_processes_come_and_go(tmp_path: Path) -> None:
    seen = [0.0]
    with counting(tmp_path, 1):
        for _ in range(3):
            with counting(tmp_path, 1):
                seen.append(told(tmp_path)["done_totala"])
            seen.append(told(tmp_path)["done_totala"])
    assert seen == [0, 2, 2, 3, 3, 4, 4]


def test_a_fork_counts_for_itself(tmp_path: Path) -> None:
    forks = "import os\nif os.fork() == 0:\n    done.labels('a').inc(10)\n    os._exit(0)\nos.wait()"
    with counting(tmp_path, 1, forks):
        assert told(tmp_path)["done_totala"] == 11


def test_who_still_counts_is_never_taken_for_dead(tmp_path: Path) -> None:
    with counting(tmp_path, 1) as process:
        for _ in range(3):
            assert SharedCounters(tmp_path).tidy() == 0
        assert [path.name.partition("-")[0] for path in tmp_path.glob("*.alive")] == [str(process.pid)]
    assert SharedCounters(tmp_path).tidy() == 1


def test_a_process_that_died_at_once_hinders_nobody(tmp_path: Path) -> None:
    (tmp_path / "77-dead.alive").touch()
    (tmp_path / "counter_77-dead.db").touch()
    with counting(tmp_path, 1):
        assert told(tmp_path)["done_totala"] == 1
    assert os.listdir(tmp_path)
