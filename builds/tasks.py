"""What workers do. Every task can run twice."""

from celery import shared_task

from builds import runner, sweeper


@shared_task(name="builds.run_next", acks_late=False)
def run_next() -> str:
    """Run builds until none is waiting for this worker; return how many were run."""
    count = 0
    while runner.run_next() is not None:
        count += 1
    return f"{count} builds"


@shared_task(name="builds.sweep", ignore_result=True)
def sweep() -> None:
    """Pick up what nobody holds."""
    sweeper.sweep()
