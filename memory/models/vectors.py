"""Passages that can be found again, and what is left of deleted ones until the index has followed."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.signals import post_delete
from django.dispatch import receiver
from django.utils.translation import gettext_lazy as _

from agentsite.common.ids import uuid7


class Collection(models.TextChoices):
    """Which shelf a passage stands on."""

    CODE = "code", _("code")
    DOCS = "docs", _("documentation")
    CONVERSATIONS = "conversations", _("conversations")
    PRACTICES = "practices", _("practices")


class ContentType(models.TextChoices):
    """What a passage is."""

    CODE = "code", _("code")
    DOCUMENTATION = "documentation", _("documentation")
    TEST = "test", _("test")
    ANALYSIS = "analysis", _("analysis")
    MESSAGE = "message", _("message")


class VectorMemory(models.Model):
    """One passage with its vector. The row is the truth; the vector index is made from it and can be made again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.CASCADE, related_name="vector_memories"
    )
    """The owner; null is the shared library, which everybody may read."""
    build = models.ForeignKey(
        "builds.Build", null=True, blank=True, on_delete=models.CASCADE, related_name="vector_memories"
    )
    message = models.ForeignKey(
        "memory.Message", null=True, blank=True, on_delete=models.CASCADE, related_name="passages"
    )
    """The message that it was said in."""
    collection = models.CharField(_("collection"), max_length=16, choices=Collection.choices)
    content = models.TextField(_("content"))
    content_type = models.CharField(_("kind of content"), max_length=16, choices=ContentType.choices)
    title = models.CharField(_("title"), max_length=255, blank=True)
    source_file = models.CharField(_("source file"), max_length=500, blank=True)
    language = models.CharField(_("language"), max_length=32, blank=True)
    """Programming language; empty where the passage serves any."""
    verified = models.BooleanField(_("verified"), default=False)
    importance = models.FloatField(_("importance"), default=0.5)
    """From 0 to 1; one of the signals that rank it."""
    terms = models.TextField(blank=True, editable=False)
    """Normalised words of title, path and content, each with a space on both sides, for the lexical search."""
    embedding = models.BinaryField(null=True, blank=True)
    """The vector as little-endian float32; null until the passage was embedded."""
    embedding_model = models.CharField(max_length=64, blank=True, db_index=True)
    embedding_dimension = models.PositiveIntegerField(default=0)
    content_hash = models.CharField(max_length=64, editable=False)
    is_indexed = models.BooleanField(default=False, editable=False)
    """Whether the vector index of ``embedding_model`` has this row."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "vector memories"
        indexes = [
            models.Index(fields=["content_type"]),
            models.Index(fields=["user", "collection", "-id"]),
            models.Index(fields=["id"], name="vector_not_indexed", condition=Q(is_indexed=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(collection__in=Collection.values), name="vector_collection_known"),
            models.CheckConstraint(condition=Q(content_type__in=ContentType.values), name="vector_content_type_known"),
            models.CheckConstraint(condition=~Q(content=""), name="vector_content_not_empty"),
            models.CheckConstraint(
                condition=Q(importance__gte=0, importance__lte=1), name="vector_importance_between_0_and_1"
            ),
            models.CheckConstraint(
                condition=Q(build__isnull=True) | Q(user__isnull=False), name="vector_of_a_build_has_an_owner"
            ),
            models.CheckConstraint(
                condition=Q(message__isnull=True) | Q(user__isnull=False), name="vector_of_a_message_has_an_owner"
            ),
            models.CheckConstraint(
                condition=Q(embedding__isnull=True, embedding_model="", embedding_dimension=0, is_indexed=False)
                | (Q(embedding__isnull=False, embedding_dimension__gt=0) & ~Q(embedding_model="")),
                name="vector_embedding_names_its_model",
            ),
            models.UniqueConstraint(
                fields=["build", "collection", "source_file", "content_hash"],
                condition=Q(build__isnull=False),
                name="vector_once_per_build",
            ),
            models.UniqueConstraint(
                fields=["user", "collection", "source_file", "content_hash"],
                condition=Q(build__isnull=True, user__isnull=False),
                name="vector_once_per_owner",
            ),
            models.UniqueConstraint(
                fields=["collection", "source_file", "content_hash"],
                condition=Q(user__isnull=True),
                name="vector_once_in_the_library",
            ),
        ]

    def __str__(self) -> str:
        return self.title or self.source_file or str(self.id)


class VectorTombstone(models.Model):
    """A deleted passage that the vector index may still hold; ``id`` is the passage's own."""

    id = models.UUIDField(primary_key=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"])]

    def __str__(self) -> str:
        return str(self.id)


@receiver(post_delete, sender=VectorMemory)
def leave_tombstone(instance: VectorMemory, using: str, **_kwargs: Any) -> None:
    """Write the tombstone in the transaction of the deletion, also where a user's or build's deletion cascades here.

    A signal, because a cascade calls nothing else of ours. Of two that delete the same row each writes one.
    """
    VectorTombstone.objects.using(using).bulk_create([VectorTombstone(id=instance.id)], ignore_conflicts=True)
