"""What an operator does with runs that workers hold."""

from django.db import transaction
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common import hints
from agentsite.common.errors import AppError
from audit import services as audit
from audit.models import Severity
from builds.models.run import Run
from builds.runs import events, queue, status
from builds.runs.lanes import LANES


@transaction.atomic
def reassign_run(*, user: User, run: Run, reason: str = "") -> None:
    """Take a run from a worker that hangs, and let another one go on after its last finished step.

    :param run: as it was seen: of two who do this at once, and of one who does it twice, only the first one does it.
    :raises AppError: ``run.not_held`` when that worker holds it no longer, or it is to be cancelled.
    """
    if not status.take_away(run.id, run.fence):
        raise AppError(
            "run.not_held",
            _("The worker that was seen with this run holds it no longer, or it is to be cancelled."),
            hint=_("Look at it again."),
            http_status=409,
        )
    taken_from = {"lease_owner": run.lease_owner, "fence": run.fence}
    events.record(run.id, events.NewEvent("run.reassigned", {"fence": run.fence}))
    audit.record(
        "run.reassigned",
        user=user,
        resource_type="run",
        resource_id=str(run.id),
        description=run.kind,
        details=taken_from | {"reason": reason},
        severity=Severity.WARNING,
    )
    lane = next((lane for lane in LANES.values() if run.kind in lane.kinds), None)
    if lane is not None:
        hints.after_commit(queue.announce, lane)
