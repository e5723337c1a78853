"""The lock that every write of a worker passes through."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.db import transaction
from django.db.models import F

from builds.models.run import Run
from builds.runs.errors import StaleFence
from builds.states import State


@contextmanager
def held(run_id: UUID, fence: int) -> Iterator[None]:
    """Open a transaction in which this worker's hold on the run is certain.

    The row stays locked until the transaction ends, so events of one run never interleave.

    :raises StaleFence: another worker took the run over, or it has ended.
    """
    with transaction.atomic():
        mine = Run.objects.filter(id=run_id, fence=fence, state=State.RUNNING)
        if not mine.update(last_seq=F("last_seq")):
            raise StaleFence(str(run_id))
        yield
