"""Saying that there is work. The table is the queue; a message is only a hint and may be lost."""

import structlog

log = structlog.get_logger(__name__)
HINT_SECONDS = 15


def announce() -> bool:
    """Send one hint to whoever runs builds; False when the broker is away. Never raises, never waits long."""
    from builds import tasks

    try:
        tasks.run_next.apply_async(expires=HINT_SECONDS, retry=False, ignore_result=False)
    except Exception as error:  # noqa: BLE001  a submission must succeed without a broker; the sweeper delivers
        log.warning("queue.unreachable", error=type(error).__name__)
        return False
    return True
