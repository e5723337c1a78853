"""The ledger: what each model call used."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from builds.models.build import Build


class Scope(models.TextChoices):
    """Whether somebody asked for it or the agent did it by itself."""

    PROACTIVE = "proactive", _("proactive")
    REACTIVE = "reactive", _("reactive")


class TokenUsage(models.Model):
    """One model call; ``call_key`` makes it count once however often its run is resumed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    build = models.ForeignKey(Build, null=True, blank=True, on_delete=models.SET_NULL, related_name="usage")
    job = models.ForeignKey("builds.Job", null=True, blank=True, on_delete=models.SET_NULL, related_name="usage")
    api_key = models.ForeignKey("accounts.ApiKey", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    """The build's, which counts against the key's budget when the build is deleted, too."""
    scope = models.CharField(max_length=16, choices=Scope.choices, default=Scope.REACTIVE)
    purpose = models.CharField(max_length=32, blank=True)
    prompt_version = models.CharField(max_length=16, blank=True)
    provider = models.CharField(max_length=32)
    model = models.CharField(max_length=200)
    tokens_input = models.PositiveIntegerField(default=0)
    tokens_output = models.PositiveIntegerField(default=0)
    tokens_total = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField(default=False)
    has_price = models.BooleanField(default=True)
    cost_usd = models.DecimalField(max_digits=12, decimal_places=6, default=0)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    """How long the model took; null for calls of versions that did not write it down."""
    call_key = models.CharField(max_length=240, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "token usage"
        indexes = [
            models.Index(fields=["user", "created_at"]),
            models.Index(fields=["created_at"]),
            models.Index(fields=["-id"], name="usage_without_price", condition=Q(has_price=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(tokens_total=F("tokens_input") + F("tokens_output")), name="usage_total_is_the_sum"
            )
        ]

    def __str__(self) -> str:
        return f"{self.model} {self.tokens_total}"
