"""A process of its own that sends what is due until nothing is left, or one was refused; others begin with it.

``python -m tests.webhooks.sender NUMBER`` prints how many attempts it made; it waits for a line on its input.
"""

import sys
import time

import django
from django.conf import settings


def main(name: str) -> None:
    """Send what is due in the test's own database."""
    django.setup()
    settings.DATABASES["default"]["NAME"] = name
    settings.WEBHOOK_ALLOWED_HOSTS = ["localhost"]
    from builds.models.webhook import WebhookDelivery
    from builds.webhooks import claims, delivery

    claims.PER_USER = 4
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    count = 0
    while WebhookDelivery.objects.filter(state="pending", error="").exists():
        count += delivery.deliver_due()
        time.sleep(0.01)
    sys.stdout.write(f"{count}\n")


if __name__ == "__main__":
    main(sys.argv[1])
