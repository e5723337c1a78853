"""A worker that dies at a named point: ``python -m tests.deployments.dying DATABASE FOLDER RUN OUTCOMES POINT``.

OUTCOMES are those of the tests that are still to be run, as ``pf`` for passed and then failed. POINT is ``event KIND
N`` (in the N-th transaction that tells of it, before its commit), ``before VERB N`` or ``after VERB N`` (of git),
``tests N`` (while the N-th ones run), or ``nowhere``. RUN may be ``any``: until none
is left. What is tested is written to ``FOLDER/log``.
"""

import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django
from django.conf import settings

_seen: Counter[str] = Counter()


def reach(point: str, where: str) -> None:
    """Die here, if it is the place."""
    _seen[where] += 1
    if point == f"{where} {_seen[where]}":
        os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, folder: str, run: str, outcomes: str, point: str) -> None:
    """Work on one run."""
    django.setup()
    settings.DATABASES["default"]["NAME"] = database
    settings.DATA_DIR = Path(folder)
    from uuid import UUID

    from builds.agent.scripted.toolchain import ScriptedToolchain
    from builds.deployments import git
    from builds.models.run import Run, RunKind
    from builds.runner import Engines, run_next
    from builds.runs import events
    from builds.sandbox.scripted import ScriptedSandbox
    from builds.states import FINAL
    from tests.deployments.worlds import FAILED, PASSED

    log = Path(folder) / "log"
    really = git.run

    def watched(*arguments: str, **more: Any) -> bytes:
        verb = next(
            word for word in ("update-ref", "fast-import", "push", "fetch", "other") if word in (*arguments, "other")
        )
        reach(point, f"before {verb}")
        told = really(*arguments, **more)
        reach(point, f"after {verb}")
        return told

    def tested(_tree: object) -> Any:
        with log.open("a") as file:
            file.write("tests\n")
        reach(point, "tests")
        return FAILED if left and left.pop(0) == "f" else PASSED

    def noted(rows: Sequence[Any]) -> None:
        for row in rows:
            reach(point, f"event {row.kind}")

    left = list(outcomes)
    git.run = watched
    events.subscribe(noted)
    toolchain = ScriptedToolchain(tested)
    engines = Engines(sandbox=lambda: ScriptedSandbox([]), toolchain=lambda *_: toolchain)
    if run != "any":
        sys.exit(0 if run_next(run_id=UUID(run), engines=engines) else 3)
    while Run.objects.filter(kind=RunKind.DEPLOYMENT).exclude(state__in=FINAL).exists():
        if run_next(engines=engines) is None:
            time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
