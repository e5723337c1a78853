"""Waiting for builds to end."""

import time
from collections.abc import Sequence

from builds.models.build import Build
from builds.states import FINAL

LOOK_SECONDS = 0.2


def wait_until_final(builds: Sequence[str], seconds: float) -> bool:
    """Say whether all of them have ended, as soon as they have."""
    until = time.monotonic() + seconds
    while Build.objects.filter(id__in=builds).exclude(status__in=FINAL).exists():
        if time.monotonic() > until:
            return False
        time.sleep(LOOK_SECONDS)
    return True
