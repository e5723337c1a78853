"""A worker process: ``python -m tests.attachments.worker DATABASE``. It does what waits until it is killed."""

import sys
import time

import django
from django.conf import settings


def main(database: str) -> None:
    """Work, for as long as it is let."""
    django.setup()
    settings.DATABASES["default"]["NAME"] = database
    from django.db import connection

    from builds import runner
    from builds.runs.lanes import TALK, WORK

    connection.ensure_connection()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        for lane in (TALK, WORK):
            runner.run_next(lane=lane)
        time.sleep(0.02)


if __name__ == "__main__":
    main(sys.argv[1])
