"""What a person does not want in the context of builds."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Exclusion(models.Model):
    """A passage, or all passages of a build, that its reader's builds shall not be shown. It can still be found."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    passage = models.ForeignKey("memory.VectorMemory", null=True, on_delete=models.CASCADE, related_name="+")
    build = models.ForeignKey("builds.Build", null=True, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(passage__isnull=True) ^ Q(build__isnull=True), name="exclusion_of_one_thing"
            ),
            models.UniqueConstraint(fields=["user", "passage"], name="exclusion_once_of_a_passage"),
            models.UniqueConstraint(fields=["user", "build"], name="exclusion_once_of_a_build"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}: {self.passage_id or self.build_id}"
