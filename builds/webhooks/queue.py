"""Saying that there is something to send. The table is the queue: a message is only a hint and may be lost."""

import threading

import structlog
from django.db import DatabaseError, connections

from builds.webhooks import claims

log = structlog.get_logger(__name__)
HINT_SECONDS = 15


def announce() -> bool:
    """Send one hint to whoever runs short tasks; False when the broker is away. Never raises, never waits long."""
    from builds.webhooks import tasks

    try:
        tasks.deliver_webhooks.apply_async(expires=HINT_SECONDS, retry=False)
    except Exception as error:  # noqa: BLE001  what is told of must succeed without a broker; the lookout sees to it
        log.warning("webhooks.unreachable", error=type(error).__name__)
        return False
    return True


def look() -> None:
    """See to it that what is due is sent, whatever became of its hint; without a broker beside this thread."""
    if claims.due().exists() and not announce():
        threading.Thread(target=_deliver, name="webhooks", daemon=True).start()


def _deliver() -> None:
    from builds.webhooks import delivery

    try:
        delivery.deliver_due()
    except DatabaseError as error:
        log.warning("webhooks.failed", error=type(error).__name__)
    finally:
        connections.close_all()
