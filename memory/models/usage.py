"""Which passages a build was shown, and what came of it."""

from django.conf import settings
from django.db import models


class PassageUse(models.Model):
    """A passage in the context of a build. Its title and source stay when the passage itself is deleted."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    """The build's owner."""
    build = models.ForeignKey("builds.Build", on_delete=models.CASCADE, related_name="passage_uses")
    passage = models.ForeignKey("memory.VectorMemory", null=True, on_delete=models.SET_NULL, related_name="uses")
    rank = models.PositiveSmallIntegerField()
    """Its place in the context, from 1."""
    score = models.FloatField()
    parts = models.JSONField(default=dict)
    """What each signal of ``memory.ranking`` gave to the score."""
    title = models.CharField(max_length=255, blank=True)
    source = models.CharField(max_length=600)
    is_cited = models.BooleanField(null=True)
    """Whether lines of it stand in the delivered code; null until the build has completed."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "passage"]), models.Index(fields=["created_at"])]
        constraints = [
            models.UniqueConstraint(fields=["build", "passage"], name="passage_once_in_a_context"),
            models.CheckConstraint(condition=models.Q(rank__gte=1), name="passage_rank_from_one"),
        ]

    def __str__(self) -> str:
        return f"{self.rank}. {self.title or self.source}"
