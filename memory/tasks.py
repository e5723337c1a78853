"""What workers do for memory. Every task can run twice."""

from celery import shared_task
from celery.exceptions import Ignore

from agentsite.common import hints
from memory import services


@shared_task(name="memory.follow_index", acks_late=False, track_started=False, Request=hints.BY_HINT)
def follow_index() -> str:
    """Let the vector index follow the table; say how far it came, and leave no result behind when nothing waited."""
    followed = services.catch_up()
    if not followed.added and not followed.removed:
        raise Ignore
    return f"{followed.added} passages added, {followed.removed} removed"
