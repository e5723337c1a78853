"""Builds, as adjectives."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from builds.states import FINAL

if TYPE_CHECKING:
    from agentsite.accounts.models import User
    from builds.models.build import Build  # noqa: F401  used in the base class below


class BuildQuerySet(models.QuerySet["Build"]):
    """Every list of builds starts here, at the user."""

    def visible_to(self, user: "User") -> Self:
        """Keep what this person may see: their own; everything for an operator."""
        return self if user.is_operator else self.filter(user=user)

    def owned_by(self, user: "User") -> Self:
        """Keep this person's own."""
        return self.filter(user=user)

    def shared_with(self, user: "User") -> Self:
        """Keep what others let this person read."""
        now = timezone.now()
        usable = Q(shares__expires_at__isnull=True) | Q(shares__expires_at__gt=now)
        return self.filter(usable, shares__user=user)

    def active(self) -> Self:
        """Keep what has not ended."""
        return self.exclude(status__in=FINAL)

    def matching(self, words: str) -> Self:
        """Keep what contains every given word in its name, description or requirements."""
        found = self
        for word in words.split()[:10]:
            found = found.filter(
                Q(project_name__icontains=word) | Q(description__icontains=word) | Q(requirements__icontains=word)
            )
        return found
