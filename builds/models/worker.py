"""Processes that take work up."""

from django.db import models

from agentsite.common.ids import uuid7


class Worker(models.Model):
    """A process that takes work up, as it last said of itself; it names no machine."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    process = models.CharField(max_length=64)
    """From which its own machine, and no other, can tell whether it has ended."""
    places = models.PositiveSmallIntegerField()
    """Builds that it runs side by side."""
    runs = models.PositiveSmallIntegerField(default=0)
    """What it runs, jobs of conversations included."""
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["seen_at"])]

    def __str__(self) -> str:
        return f"{self.id} {self.seen_at:%H:%M:%S}"
