"""Waiting for builds to end."""

import time
from collections.abc import Sequence

from django.db.models import Q

from builds.models.build import Build
from builds.states import FINAL, State

LOOK_SECONDS = 0.2
GOES_ON = ~Q(status__in=FINAL) | Q(status=State.COMPLETED, remembered_at__isnull=True)


def wait_until_final(builds: Sequence[str], seconds: float) -> bool:
    """Say whether all of them have ended and were put into memory, as soon as they were."""
    until = time.monotonic() + seconds
    while Build.objects.filter(GOES_ON, id__in=builds).exists():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
    return True
