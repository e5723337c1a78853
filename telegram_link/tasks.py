"""What workers do for the bot. Each can run twice, and beside itself."""

from celery import shared_task


@shared_task(name="telegram_link.handle_updates", acks_late=False, ignore_result=True)
def handle_updates() -> None:
    """Handle what came in."""
    from telegram_link import handling

    handling.handle_waiting()


@shared_task(name="telegram_link.send_messages", acks_late=False, ignore_result=True)
def send_messages() -> None:
    """Send what is due."""
    from telegram_link import sending

    sending.send_due()
