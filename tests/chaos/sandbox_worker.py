"""A worker without database: keeps eight sandboxes busy, through the same doors as a build, until it is told to stop.

It tells each run's end. SIGUSR1 ends one of the threads in the middle of its run: each thread is the watchdog of the
sandbox that it started.
"""

import json
import random
import select
import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable

from builds.agent.errors import AgentError
from builds.agent.ports import Sandbox, Toolchain
from builds.agent.values import SandboxLimits, SandboxRequest
from builds.sandbox.choose import choose_sandbox
from builds.toolchains.registry import toolchain_for
from tests.chaos.sandbox_report import WATCHDOG_ENDED
from tests.contract.probes.endings import ENDINGS, Ending, program
from tests.contract.projects import HONEST
from tests.contract.sandbox_probes import PYTHON

PARALLEL = 8
LOOK_SECONDS = 0.01
LIMITS = SandboxLimits(wall_seconds=10)
SHORT = {"wall_seconds": 1.0}
QUICK = SandboxRequest(argv=("/bin/sh", "-c", "sleep 0.01"), files={"a/b.txt": b"x" * 10_000}, limits=LIMITS)
FORK = "while True:\n    try: os.fork()\n    except OSError: pass"
FILL = "while True:\n    for n in range(8):\n        try: open(f'{places[n % 2]}/{n}', 'wb').write(bytes(15 << 20))\n"
HOSTILE = (
    *(ending for ending in ENDINGS if ending.aim != "stays"),
    *(ending for ending in ENDINGS if "ignores_every_signal" in ending.name or "without_end" in ending.name),
    Ending("fork_bomb", "stays", FORK, (), SHORT),
    Ending("disk_filler", "stays", f"{FILL}        except OSError: pass", (), SHORT),
)
LONGEST_WALL = 3.0


class WatchdogEnded(BaseException):
    """This thread is to end, whatever it does."""


class Busy:
    """Eight threads that run one thing after the other; who ends is replaced."""

    def __init__(self, sandbox: Sandbox, toolchain: Toolchain, seed: int) -> None:
        self._sandbox = sandbox
        self._toolchain = toolchain
        self._random = random.Random(seed)  # noqa: S311  what is run next is no secret
        self._doomed: deque[int] = deque()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def doom(self, *_: object) -> None:
        """Have the thread that asks next end."""
        self._doomed.append(1)

    def replace_ended(self) -> None:
        """Start as many threads as are missing."""
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        while len(self._threads) < PARALLEL:
            self._threads.append(threading.Thread(target=self._work, daemon=True))
            self._threads[-1].start()

    def finish(self) -> None:
        """Let each thread come to the end of its run."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def one(self, work: Callable[[], str]) -> None:
        """Run something and tell how it ended; only the sandbox's own errors are a clear answer."""
        started = time.monotonic()
        try:
            told = work()
        except AgentError as error:
            told = f"{error.code} {error.details.get('step', '')}".strip()
            if not error.code.startswith("sandbox."):
                told = f"unclear: {told}"
        except Exception as error:  # noqa: BLE001  that is what is looked for
            told = f"unclear: {error!r}"
        tell(told=told, seconds=time.monotonic() - started)

    def quick(self) -> str:
        """Run something short."""
        return self._run(QUICK)

    def tests(self) -> str:
        """Run a project's tests as a build does."""
        report = self._toolchain.run_tests(HONEST, is_cancelled=self._is_cancelled)
        return f"tests {report.outcome} {report.reason}".strip()

    def hostile(self) -> str:
        """Run something that takes too much, does not stop or leaves something running."""
        ending = self._random.choice(HOSTILE)
        limits = SandboxLimits.model_validate(ending.limits)
        limits = limits.model_copy(update={"wall_seconds": min(limits.wall_seconds, LONGEST_WALL)})
        return self._run(SandboxRequest(argv=(*PYTHON, "-c", program(ending, ending.name)), files={}, limits=limits))

    def _run(self, request: SandboxRequest) -> str:
        return self._sandbox.run(request, is_cancelled=self._is_cancelled).outcome

    def _work(self) -> None:
        try:
            while not self._stopping.is_set():
                self.one(self._random.choices((self.quick, self.tests, self.hostile), (6, 1, 3))[0])
        except WatchdogEnded:
            tell(told=WATCHDOG_ENDED, seconds=0.0)

    def _is_cancelled(self) -> bool:
        try:
            self._doomed.pop()
        except IndexError:
            return False
        raise WatchdogEnded


def tell(**message: object) -> None:
    """Write one line at once, so that a kill never cuts it in two."""
    sys.stdout.buffer.write(json.dumps(message).encode() + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    """Start, wait for ``go``, be busy until the next word, say that nothing runs any more, wait for the last word."""
    sandbox = choose_sandbox()
    busy = Busy(sandbox, toolchain_for("python", sandbox, LIMITS), int(sys.argv[1]))
    signal.signal(signal.SIGUSR1, busy.doom)
    tell(event="ready")
    sys.stdin.readline()
    while not select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
        busy.replace_ended()
    busy.finish()
    tell(event="idle")
    sys.stdin.readline()
    sys.stdin.readline()


if __name__ == "__main__":
    main()
