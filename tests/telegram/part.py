"""A process that does one part of the bot's work: ``python -m tests.telegram.part poll|handle|send DATABASE SECONDS``.

SECONDS is how long leases are good for, instead of 15 and 60 seconds. It says that it is ready, waits for a line on its
input, and then goes on until it is killed. ``poll`` is ``manage.py run_telegram_bot``.
"""

import sys
import time
from collections.abc import Callable
from datetime import timedelta

import django
from django.conf import settings


def main(role: str, database: str, seconds: float) -> None:
    """Do the part, for as long as it is let."""
    django.setup()
    settings.DATABASES["default"]["NAME"] = database
    from django.core.management import call_command
    from django.db import DatabaseError, connection

    from telegram_link import handling, inbox, leases, polling, sender_claims, sending

    leases.SECONDS, polling.STANDBY_SECONDS = seconds, 0.3
    inbox.LEASE = sender_claims.LEASE = timedelta(seconds=seconds)
    parts: dict[str, Callable[[], object]] = {
        "poll": lambda: call_command("run_telegram_bot"),
        "handle": handling.handle_waiting,
        "send": sending.send_due,
    }
    connection.ensure_connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    while True:
        try:
            parts[role]()
        except DatabaseError as error:
            sys.stderr.write(f"{error!r}\n")
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]))
