"""kill -9 of all that a sandbox hangs on, at random moments, under eight parallel runs; then a census of what is left.

The watchdog is no process of its own but the thread that started the sandbox, so it is ended in two ways: with its
worker, and as a thread in the middle of its run.
"""

import contextlib
import os
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from builds.sandbox.uids import LOCK_FOLDER
from tests.chaos import census, processes
from tests.chaos.killing import How, Killer
from tests.chaos.processes import Process
from tests.chaos.sandbox_parts import INNER, OUTER, PROGRAM, STARTING, TARGETS, WATCHDOG, WORKER, parts
from tests.chaos.sandbox_report import WATCHDOG_ENDED, Report
from tests.chaos.workers import Worker

SHARES = {WORKER: 1, WATCHDOG: 2, STARTING: 6, OUTER: 6, INNER: 6, PROGRAM: 4}

SOON_SECONDS, START_SECONDS, IDLE_SECONDS, GONE_SECONDS = 1.0, 60.0, 60.0, 10.0
LONGEST_LIFE = 4.0
EXTRA_SECONDS = 30.0
"""How much longer a short run may take until each target was met."""
PREFIX = "agentsite-chaos-"


def torment(*, seed: int, seconds: float) -> Report:
    """Start, strike and kill workers for so long, and at least until each target was killed once."""
    processes.adopt_orphans()
    identity = "root" if os.geteuid() == 0 else "unprivileged"
    name = f"{PREFIX}{os.getpid()}"
    with tempfile.TemporaryDirectory(prefix=f"{name}-") as folder, census.private_groups(name) as groups:
        torture = Torment(Report(identity, seed), Killer(seed), Path(folder), groups)
        try:
            return torture.run(seconds)
        finally:
            processes.end_all_own()


class Torment:
    """One worker's life after the other."""

    def __init__(self, report: Report, killer: Killer, folder: Path, groups: tuple[Path, ...]) -> None:
        self._report = report
        self._killer = killer
        self._folder = folder
        self._groups = groups
        self._pids: set[int] = set()
        self._to_be_tidied: list[tuple[str, Callable[[], bool]]] = []

    def run(self, seconds: float) -> Report:
        """Live and let die, and end with a worker that stops by itself, so that it has tidied up."""
        started = time.monotonic()
        longest = min(LONGEST_LIFE, seconds / 2)
        while (passed := time.monotonic() - started) < seconds + EXTRA_SECONDS:
            if passed > seconds and not self._report.missed():
                break
            self._life(self._killer.random.uniform(longest / 8, longest))
            self._count()
        self._life(longest / 4, is_last=True)
        self._count()
        self._report.left += [told for told in self._report.outcomes if told.startswith("unclear")]
        self._report.seconds = time.monotonic() - started
        return self._report

    def _life(self, seconds: float, *, is_last: bool = False) -> None:
        chance = self._killer.random
        worker = Worker(
            "tests.chaos.sandbox_worker", str(chance.randrange(1 << 30)), environment={"TMPDIR": str(self._folder)}
        )
        self._pids.add(worker.pid)
        self._report.workers += 1
        may_vary = not is_last and WORKER not in self._report.missed()
        if may_vary and chance.random() < 0.1:  # killed while it tests its sandbox
            self._killer.pause(1.0)
            self._kill(worker)
            return
        if not worker.wait_for("ready", START_SECONDS):
            self._leave("worker that did not get ready")
            self._kill(worker)
            return
        self._look_whether_tidied()
        base = census.handles(worker.pid)
        worker.say("go")
        until = time.monotonic() + seconds
        while (now := time.monotonic()) < until or (now < until + EXTRA_SECONDS and self._misses(worker)):
            self._strike(worker)
        if is_last or (may_vary and chance.random() < 0.3):
            self._stop(worker, base)
        else:
            self._kill(worker)

    def _strike(self, worker: Worker) -> None:
        self._killer.pause(0.08)
        targets = parts(worker.pid, processes.children())
        present = [name for name, members in targets.items() if members]
        target = self._killer.random.choices(present, [self._share(name) for name in present])[0]
        if target == WATCHDOG:
            worker.signal(signal.SIGUSR1)  # counted when the thread has ended
        else:
            how: How | None = "stop and continue" if target == WORKER else None  # its kill is the end of its life
            self._killer.strike(target, self._killer.random.choice(targets[target]), how)
            self._count()

    def _misses(self, worker: Worker) -> bool:
        """Say whether something was never hit yet; another worker's start would take longer than going on."""
        missed = set(self._report.missed()) - {WORKER}
        return bool(missed - {WATCHDOG} if worker.told[WATCHDOG_ENDED] else missed)

    def _share(self, target: str) -> int:
        """Whatever was never hit comes first: a short run has to meet them all."""
        return SHARES[target] * (10 if target in self._report.missed() else 1)

    def _kill(self, worker: Worker) -> None:
        """Kill the worker and watch what it leaves die."""
        process = worker.process()
        if process is None or not worker.is_running():
            self._leave("worker that ended by itself")
        else:
            self._killer.strike(WORKER, process, self._killer.random.choice(("kill", "kill", "stop and kill")))
        self._watch_dying(worker.pid)
        self._bury(worker)

    def _watch_dying(self, worker: int) -> None:
        """Wait until all is gone, but for what only the next start can end."""
        started = time.monotonic()
        passed = running = dying = 0.0
        waiting: list[Process] = []
        foreign, last = processes.own(reap_except=worker), ""
        while (foreign or waiting) and (passed < SOON_SECONDS or (foreign and passed < GONE_SECONDS)):
            alive = [process for process in processes.own(reap_except=worker) if process.is_alive]
            passed = time.monotonic() - started
            waiting = [process for process in alive if self._is_unstarted(process)]
            foreign = [process for process in alive if process not in waiting]
            able = [process for process in foreign if process.memory]
            running, last = (passed, str(able[-1])) if able else (running, last)
            dying = passed if foreign else dying
        self._report.add_death(running, dying, last, len(waiting))
        for process in foreign:
            self._leave(f"{process} after a worker's kill")
        self._remember(waiting)

    def _is_unstarted(self, process: Process) -> bool:
        """What is told about this folder is bubblewrap, or the shell before it; a program inside doesn't know it."""
        return any(word.startswith(f"{self._folder}/") for word in process.words)

    def _remember(self, waiting: list[Process]) -> None:
        """Note what the next start has to remove."""
        for process in waiting:
            self._to_be_tidied.append((str(process), lambda process=process: is_still(process)))  # type: ignore[misc]
        for folder in (self._folder, *self._groups):
            for path in folder.iterdir():
                if path.is_dir():
                    self._to_be_tidied.append((str(path), path.exists))

    def _look_whether_tidied(self) -> None:
        for name, is_there in self._to_be_tidied:
            if is_there():
                self._leave(f"{name} after the next start")
        self._to_be_tidied.clear()

    def _stop(self, worker: Worker, base: census.Handles) -> None:
        """Have the worker come to rest, count what it holds, and let it go."""
        worker.say("stop")
        if not worker.wait_for("idle", IDLE_SECONDS):
            self._leave("run that did not end")
            self._kill(worker)
            return
        until = time.monotonic() + SOON_SECONDS
        while (now := census.handles(worker.pid)) != base and time.monotonic() < until:
            time.sleep(0.01)  # a thread that was waited for is still on its way out of the kernel
        if now != base:
            self._leave(f"{now} in a worker that had {base}")
        for process in processes.own():
            if process.pid != worker.pid:
                self._leave(f"{process} beside an idle worker")
        self._take_census()
        worker.say("end")
        self._bury(worker)

    def _bury(self, worker: Worker) -> None:
        if not worker.bury(GONE_SECONDS):
            self._leave("worker that did not end")
        self._report.outcomes += worker.told
        self._report.slowest_run = max(self._report.slowest_run, worker.slowest)

    def _take_census(self) -> None:
        """Look at everything that outlives processes; the worker has nothing to do."""
        for line in (
            *census.folders(self._folder),
            *census.groups(self._groups),
            *census.mounts(self._folder.name),
            *(census.locks(LOCK_FOLDER, owners=self._pids) if os.geteuid() == 0 else ()),
        ):
            self._leave(line)

    def _leave(self, what: str) -> None:
        self._report.left.append(what)

    def _count(self) -> None:
        killer, report = self._killer, self._report
        report.kills = {target: killer.killed(target) for target in TARGETS if target != WATCHDOG}
        report.kills[WATCHDOG] = report.outcomes[WATCHDOG_ENDED]
        report.stops = {target: killer.hits[target, "stop and continue"] for target in TARGETS}


def is_still(process: Process) -> bool:
    """Say whether this very process lives."""
    with contextlib.suppress(OSError):
        now = processes.look(process.pid)
        return now is not None and now.started == process.started and now.is_alive
    return False
