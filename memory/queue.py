"""Saying that the vector index has to follow."""

from agentsite.common import hints
from memory.models.vectors import VectorMemory, VectorTombstone


def announce() -> bool:
    """Send one hint to whoever runs short tasks; False when the broker is away."""
    from memory import tasks

    return hints.send(tasks.follow_index, unreachable="memory.queue.unreachable")


def look() -> None:
    """See to it that the index follows, whatever became of the hint; without a broker beside this thread."""
    from memory import services

    if _is_behind() and not announce():
        hints.work_beside("memory", services.catch_up, failed="memory.queue.failed")


def _is_behind() -> bool:
    return VectorMemory.objects.filter(is_indexed=False).exists() or VectorTombstone.objects.exists()
