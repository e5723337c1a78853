"""Figures about somebody's work, by type."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from memory.models.bounds import MAX_JSON, json_within

MAX_VALUE = 1e100
"""Sums of squares of as many as there can be still fit into a float."""


class Stat(models.Model):
    """One measurement."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="stats")
    stat_type = models.CharField(_("type"), max_length=64)
    value = models.FloatField(_("value"))
    extra_data = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "stat_type", "created_at"])]
        constraints = [
            models.CheckConstraint(condition=~Q(stat_type=""), name="stat_type_not_empty"),
            # Neither infinity nor, which PostgreSQL takes for greater than any number, NaN.
            models.CheckConstraint(condition=Q(value__gte=-MAX_VALUE, value__lte=MAX_VALUE), name="stat_value_finite"),
            json_within("extra_data", MAX_JSON, name="stat_extra_data_within"),
        ]

    def __str__(self) -> str:
        return f"{self.stat_type} {self.value}"
