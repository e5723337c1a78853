"""What the lines of a worker's log are about."""

from uuid import UUID

from builds.models.run import Run, RunEvent
from builds.runs.events import REQUEST_ID


def run(run_id: UUID) -> dict[str, object]:
    """Return whose a run is, its build if it is one, and the request that submitted it."""
    user_id, build_id = Run.objects.filter(id=run_id).values_list("user_id", "build__id").first() or (None, None)
    first = RunEvent.objects.filter(run_id=run_id, seq=1).values_list("payload", flat=True).first() or {}
    return {
        "user_id": user_id,
        "build_id": str(build_id) if build_id else None,
        REQUEST_ID: first.get(REQUEST_ID),
    }
