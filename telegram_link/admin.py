"""The Telegram door in the operator's console: to look at."""

from django.contrib import admin

from agentsite.common.read_only import ReadOnly
from telegram_link.models import OutboxMessage, TelegramUser, UpdateInbox


@admin.register(TelegramUser)
class TelegramUserAdmin(ReadOnly, admin.ModelAdmin[TelegramUser]):
    """Who writes to the bot."""

    list_display = ("telegram_id", "telegram_username", "first_name", "user", "language", "is_active", "notifies")
    list_filter = ("is_active", "language")
    search_fields = ("=telegram_id", "telegram_username", "user__username")
    list_select_related = ("user",)
    ordering = ("-id",)


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnly, admin.ModelAdmin[OutboxMessage]):
    """What the bot is to say, and has said."""

    list_display = ("created_at", "contact", "kind", "status", "attempts", "next_attempt_at", "sent_at", "error")
    list_filter = ("status", "kind")
    search_fields = ("=chat_id", "=dedup_key")
    list_select_related = ("contact",)
    ordering = ("-id",)


@admin.register(UpdateInbox)
class UpdateInboxAdmin(ReadOnly, admin.ModelAdmin[UpdateInbox]):
    """What Telegram has told the bot."""

    list_display = ("update_id", "chat_id", "received_at", "handled_at", "attempts", "error")
    search_fields = ("=update_id", "=chat_id")
    ordering = ("-id",)
