"""Conversations, memories, facts and figures in the operator's console: to read, never to write."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from agentsite.common.read_only import ReadOnly
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.message import Message
from memory.models.stat import Stat


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin[Any]):
    """Rows that services write, newest first."""

    ordering = ("-id",)
    list_select_related: ClassVar[tuple[str, ...]] = ("user",)
    unlisted: ClassVar[tuple[str, ...]] = ()
    """Long columns that a list leaves in the database."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Leave the long columns in the database."""
        return super().get_queryset(request).defer(*self.unlisted)


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    """Conversations."""

    list_display = ("created_at", "title", "platform", "status", "user", "last_seq", "updated_at")
    list_filter = ("platform", "status")
    search_fields = ("title", "user__username")


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Messages."""

    list_display = ("created_at", "conversation", "seq", "role", "author", "message_type", "model_used", "cost_usd")
    list_filter = ("role", "message_type")
    list_select_related = ("conversation",)
    raw_id_fields = ("conversation",)
    unlisted = ("content", "raw_payload", "extra_metadata")


@admin.register(Attachment)
class AttachmentAdmin(ReadOnlyAdmin):
    """Files that belong to messages; what they hold is their owners' alone."""

    list_display = ("created_at", "name", "family", "media_type", "size", "source", "user", "read_at")
    list_filter = ("family", "source")
    search_fields = ("name", "user__username")
    raw_id_fields = ("user", "message")
    unlisted = ("facts",)


@admin.register(MessageArtifact)
class MessageArtifactAdmin(ReadOnlyAdmin):
    """What belongs to messages beside their text."""

    list_display = ("created_at", "kind", "message", "uri")
    list_filter = ("kind",)
    list_select_related = ("message",)
    raw_id_fields = ("message", "attachment")
    unlisted = ("content_json", "text", "message__content", "message__raw_payload", "message__extra_metadata")


@admin.register(Memory)
class MemoryAdmin(ReadOnlyAdmin):
    """Memories."""

    list_display = ("created_at", "key", "memory_type", "importance", "is_proposed", "user", "expires_at")
    list_filter = ("memory_type", "is_proposed")
    search_fields = ("key", "user__username")
    unlisted = ("value",)


@admin.register(Fact)
class FactAdmin(ReadOnlyAdmin):
    """Facts."""

    list_display = ("created_at", "fact_text", "source", "user")
    search_fields = ("user__username",)


@admin.register(Stat)
class StatAdmin(ReadOnlyAdmin):
    """Figures."""

    list_display = ("created_at", "stat_type", "value", "user")
    search_fields = ("stat_type", "user__username")
    unlisted = ("extra_data",)
