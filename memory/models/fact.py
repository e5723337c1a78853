"""Sentences that somebody wants remembered."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from memory.models.bounds import text_within

MAX_FACT = 2_000


class Fact(models.Model):
    """One sentence; ``source`` says in words where it is from."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="facts")
    fact_text = models.TextField(_("fact"))
    source = models.CharField(_("source"), max_length=500, blank=True)
    message = models.ForeignKey(
        "memory.Message", null=True, blank=True, on_delete=models.SET_NULL, related_name="facts", editable=False
    )
    """In which it was said; null for one that was added by hand, and once the message is deleted."""
    noted_as = models.CharField(max_length=64, null=True, blank=True, editable=False)
    """The hash of what was said, without what makes no difference: the same is noted once, however it was edited."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["user", "created_at"])]
        constraints = [
            models.UniqueConstraint(fields=["user", "noted_as"], name="fact_noted_once"),
            models.CheckConstraint(condition=~Q(fact_text=""), name="fact_not_empty"),
            text_within("fact_text", MAX_FACT, name="fact_within"),
        ]

    def __str__(self) -> str:
        return self.fact_text[:80]
