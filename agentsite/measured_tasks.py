"""Counting and timing what Celery runs, by its own signals."""

import time
from typing import Any

from celery.signals import task_postrun, task_prerun

from agentsite.common.measures import histogram

TASKS = histogram(
    "agentsite_task_seconds",
    "How long tasks took; a hint that finds nothing to do is ignored.",
    *("task", "outcome"),
)
_began: dict[str, float] = {}


@task_prerun.connect  # type: ignore[untyped-decorator]  # celery has no types
def note_begin(task_id: str = "", **_: Any) -> None:
    """Remember when a task began."""
    _began[task_id] = time.monotonic()


@task_postrun.connect  # type: ignore[untyped-decorator]
def note_end(task_id: str = "", task: Any = None, state: str | None = None, **_: Any) -> None:
    """Count a task that has ended."""
    began = _began.pop(task_id, None)
    if began is not None:
        TASKS.labels(task.name, (state or "unknown").lower()).observe(time.monotonic() - began)
