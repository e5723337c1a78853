"""Providers that asked to be left alone for a while."""

from django.db import models


class ProviderPause(models.Model):
    """One provider's latest pause; it counts until ``until``, for every worker."""

    provider = models.CharField(max_length=32, unique=True)
    code = models.CharField(max_length=64, blank=True)
    failures = models.PositiveIntegerField(default=0)
    """Pauses since the provider last answered; each is longer than the one before."""
    until = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.provider} until {self.until:%H:%M:%S}"
