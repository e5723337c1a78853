"""Prices that the operator gives; they come before the list in ``builds/agent/llm/prices.toml``."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Provider(models.TextChoices):
    """Where models are asked."""

    OPENAI = "openai", _("OpenAI, or a server that speaks its protocol")
    ANTHROPIC = "anthropic", _("Anthropic")
    OLLAMA = "ollama", _("Ollama")


class ModelPrice(models.Model):
    """What models cost from a day on (UTC), until the same pattern has a later row."""

    provider = models.CharField(_("provider"), max_length=32, choices=Provider.choices)
    pattern = models.CharField(
        _("model"),
        max_length=200,
        help_text=_("The model's name; * stands for anything. Where several fit, the longest pattern counts."),
    )
    since = models.DateField(_("since"), help_text=_("In UTC. Calls before that day keep their price."))
    input_usd = models.DecimalField(_("USD per million tokens in"), max_digits=12, decimal_places=6)
    output_usd = models.DecimalField(_("USD per million tokens out"), max_digits=12, decimal_places=6)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("model price")
        verbose_name_plural = _("model prices")
        ordering = ["provider", "pattern", "-since"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "pattern", "since"], name="model_price_once_a_day"),
            models.CheckConstraint(condition=Q(provider__in=Provider.values), name="model_price_provider_known"),
            models.CheckConstraint(condition=~Q(pattern=""), name="model_price_pattern_not_empty"),
            models.CheckConstraint(condition=Q(input_usd__gte=0, output_usd__gte=0), name="model_price_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.provider}:{self.pattern} since {self.since}"
