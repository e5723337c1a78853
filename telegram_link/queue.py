"""Saying that there is something to handle or to send, and looking whether there is."""

from django.conf import settings

from agentsite.common import hints


def announce_updates() -> bool:
    """Send one hint to whoever runs short tasks; False when the broker is away."""
    from telegram_link import tasks

    return hints.send(tasks.handle_updates, unreachable="telegram.unreachable")


def announce_sending() -> bool:
    """Likewise, that there is something to send."""
    from telegram_link import tasks

    return hints.send(tasks.send_messages, unreachable="telegram.unreachable")


def look() -> None:
    """See to it that what came in is handled and what is due is sent, whatever became of its hint."""
    if not settings.TELEGRAM_BOT_TOKEN:
        return
    from telegram_link import handling, inbox, sender_claims, sending

    if inbox.waiting().exists() and not announce_updates():
        hints.work_beside("telegram-updates", handling.handle_waiting, failed="telegram.failed")
    if sender_claims.due().exists() and not announce_sending():
        hints.work_beside("telegram-sender", sending.send_due, failed="telegram.failed")
