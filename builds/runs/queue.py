"""Saying that there is a run to be taken up."""

from agentsite.common import hints


def announce() -> bool:
    """Send one hint to whoever runs builds; False when the broker is away."""
    from builds import tasks

    return hints.send(tasks.run_next, unreachable="queue.unreachable", ignore_result=False)
