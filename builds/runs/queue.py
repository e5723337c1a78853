"""Saying that there is a run to be taken up."""

from agentsite.common import hints
from builds.runs.lanes import TALK, WORK, Lane


def announce(lane: Lane = WORK) -> bool:
    """Send one hint to whoever works in a lane; False when the broker is away."""
    from builds import tasks

    task = tasks.talk_next if lane == TALK else tasks.run_next
    return hints.send(task, unreachable="queue.unreachable", ignore_result=False)
