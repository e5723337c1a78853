"""Who else may read a build."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from builds.models.build import Build


class ShareQuerySet(models.QuerySet["BuildShare"]):
    """Shares, as adjectives."""

    def usable(self) -> Self:
        """Keep those whose time is not over."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))


class BuildShare(models.Model):
    """One person, or whoever has a link, may read a build; deleting the row ends it."""

    build = models.ForeignKey(Build, on_delete=models.CASCADE, related_name="shares")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="shares"
    )
    """With whom; None for a link."""
    token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = ShareQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["build", "user"], name="share_once_with_a_person"),
            models.CheckConstraint(
                condition=Q(user__isnull=True, token_hash__isnull=False)
                | Q(user__isnull=False, token_hash__isnull=True),
                name="share_with_a_person_or_by_link",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.build_id} → {self.user_id or 'link'}"
