"""What is remembered of somebody, by key."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7
from memory.models.bounds import MAX_JSON, json_within


class MemoryType(models.TextChoices):
    """What a memory is about."""

    CONVERSATION = "conversation", _("conversation")
    PREFERENCE = "preference", _("preference")
    LEARNING = "learning", _("learning")
    CONTEXT = "context", _("context")


class MemoryQuerySet(models.QuerySet["Memory"]):
    """Memories, as adjectives."""

    def unexpired(self) -> Self:
        """Keep what may still be read."""
        return self.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now()))

    def expired(self) -> Self:
        """Keep what may not be read any more."""
        return self.filter(expires_at__lte=timezone.now())


class Memory(models.Model):
    """One thing that is remembered; of one type and key there is one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memories")
    memory_type = models.CharField(_("type"), max_length=16, choices=MemoryType.choices)
    key = models.CharField(_("key"), max_length=200)
    value = models.JSONField(_("value"))
    importance = models.FloatField(_("importance"), default=0.5)
    is_proposed = models.BooleanField(_("proposed"), default=False)
    """The agent proposed it, and its user has not kept it yet."""
    source_build = models.ForeignKey(
        "builds.Build", null=True, blank=True, on_delete=models.SET_NULL, related_name="memories"
    )
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    """Null: never."""
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = MemoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "memories"
        indexes = [
            models.Index(fields=["user", "created_at"]),
            models.Index(fields=["user", "memory_type", "-importance"]),
            models.Index(fields=["expires_at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(memory_type__in=MemoryType.values), name="memory_type_known"),
            models.CheckConstraint(condition=~Q(key=""), name="memory_key_not_empty"),
            models.CheckConstraint(condition=Q(importance__gte=0, importance__lte=1), name="memory_importance_share"),
            json_within("value", MAX_JSON, name="memory_value_within"),
            models.UniqueConstraint(fields=["user", "memory_type", "key"], name="memory_key_once"),
        ]

    def __str__(self) -> str:
        return self.key
