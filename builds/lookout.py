"""A thread in every worker that looks at the table, so that a lost message or a dead worker costs seconds."""

import threading
from functools import partial
from typing import Self

from agentsite.common import hints
from audit import anchors, sealing
from builds import presence, sweeper, tasks
from builds.approvals import services as approvals
from builds.chores import OF_OTHERS, Chore
from builds.jobs import proactive
from builds.runs import queue
from builds.runs.claim import release_dead
from builds.runs.lanes import LANES
from builds.webhooks import queue as webhooks
from memory import queue as memory

LOOK_SECONDS = 1.0
SWEEP_SECONDS = 15.0
WEBHOOK_SECONDS = 2.0
APPROVAL_SECONDS = 5.0
PROACTIVE_SECONDS = 60.0
MEMORY_SECONDS = 5.0


def look() -> None:
    """Take over from processes of this machine that have died, and see that waiting work is begun where there is room.

    Without a broker the work is begun right here, beside this thread.
    """
    release_dead()
    for lane in LANES.values():
        if tasks.has_room(lane) and sweeper.has_work(lane) and not queue.announce(lane):
            hints.work_beside(f"without-broker-{lane.name}", partial(tasks.run_waiting, lane), failed="lookout.failed")


class Lookout:
    """Look each second and sweep every 15, for as long as the block lasts.

    :param more: what else is to be done in this process.
    """

    def __init__(self, *more: Chore) -> None:
        self._presence = presence.Presence(tasks.count_running)
        self._chores = (
            Chore(presence.BEAT_SECONDS, self._presence.beat),
            Chore(SWEEP_SECONDS, sweeper.sweep),
            Chore(LOOK_SECONDS, look),
            Chore(WEBHOOK_SECONDS, webhooks.look),
            Chore(MEMORY_SECONDS, memory.look),
            Chore(APPROVAL_SECONDS, approvals.expire_due),
            Chore(PROACTIVE_SECONDS, proactive.remind_due),
            Chore(PROACTIVE_SECONDS, proactive.digest_due),
            Chore(sealing.LOOK_SECONDS, sealing.seal_due),
            Chore(sealing.LOOK_SECONDS, anchors.post_beside),
            *OF_OTHERS,
            *more,
        )
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="lookout", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=3)
        self._presence.leave()

    def _watch(self) -> None:
        while not self._stop.is_set():
            for chore in self._chores:
                chore.take_turn()
            self._stop.wait(LOOK_SECONDS / 2)
