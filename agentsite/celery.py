"""The Celery app. Imported only by processes that send or run tasks."""

import os
from contextlib import ExitStack
from typing import Any

from celery import Celery
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "agentsite.settings")
app = Celery("agentsite")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
_until_shutdown = ExitStack()


@worker_ready.connect  # type: ignore[untyped-decorator]  # celery has no types
def look_at_the_table(**_: Any) -> None:
    """See to it that this worker finds work that no message tells of, until it ends."""
    from agentsite.common import exposition, measures
    from builds import sandbox_report
    from builds.chores import Chore
    from builds.lookout import Lookout

    measures.note_role("worker")
    exposition.serve_if_wanted()
    _until_shutdown.enter_context(Lookout(Chore(sandbox_report.SHARE_SECONDS, sandbox_report.share)))


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def hand_work_back(**_: Any) -> None:
    """Begin nothing more; builds in progress go back to the queue with what they finished."""
    from builds import stopping

    stopping.begin()


@worker_shutdown.connect  # type: ignore[untyped-decorator]
def wait_for_the_rest(**_: Any) -> None:
    """Let builds that were begun without a broker be handed back, too; the worker waits for its tasks only."""
    from builds import tasks

    tasks.wait_until_idle()
    _until_shutdown.close()
