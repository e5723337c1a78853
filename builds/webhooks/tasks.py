"""What workers do for webhooks. It can run twice, and beside itself."""

from celery import shared_task


@shared_task(name="builds.deliver_webhooks", acks_late=False, ignore_result=True)
def deliver_webhooks() -> None:
    """Send what is due."""
    from builds.webhooks import delivery

    delivery.deliver_due()
