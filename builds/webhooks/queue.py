"""Saying that there is something to send."""

from agentsite.common import hints
from builds.webhooks import claims


def announce() -> bool:
    """Send one hint to whoever runs short tasks; False when the broker is away."""
    from builds.webhooks import tasks

    return hints.send(tasks.deliver_webhooks, unreachable="webhooks.unreachable")


def look() -> None:
    """See to it that what is due is sent, whatever became of its hint; without a broker beside this thread."""
    from builds.webhooks import delivery

    if claims.due().exists() and not announce():
        hints.work_beside("webhooks", delivery.deliver_due, failed="webhooks.failed")
