"""The Telegram door in the operator's console: to look at, and to let guests in."""

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from agentsite.accounts.models import User
from agentsite.common.confirming import Question, confirmed
from agentsite.common.read_only import ReadOnly
from telegram_link import friends
from telegram_link.models import Joke, OutboxMessage, TelegramUser, UpdateInbox

_MARK = Question(
    _("Let in as a guest"),
    _("Whoever writes in these chats can use the bot without an account, within the limits of guests, and is told so."),
    _("Let in"),
)
_UNMARK = Question(
    _("Let in no longer"),
    _("Nothing new is taken in from these guests, and their builds that run are cancelled. What they made stays."),
    _("Let in no longer"),
    is_harmful=True,
)


@admin.register(TelegramUser)
class TelegramUserAdmin(ReadOnly, admin.ModelAdmin[TelegramUser]):
    """Who writes to the bot."""

    list_display: Any = (
        *("telegram_id", "telegram_username", "first_name", "user", "language", "is_friend", "is_active", "notifies"),
    )
    list_filter = ("is_friend", "is_active", "language")
    search_fields = ("=telegram_id", "telegram_username", "user__username")
    list_select_related = ("user",)
    ordering = ("-id",)
    actions = ("mark_friend", "unmark_friend")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Let whoever may change contacts let guests in."""
        return request.user.has_perm("telegram_link.change_telegramuser")

    def is_offered(self, act: str, row: TelegramUser) -> bool:
        """Offer to let in who is out, and the other way round."""
        can_be_marked = not row.is_friend and (row.user is None or friends.is_guest(row))
        return {"mark_friend": can_be_marked, "unmark_friend": row.is_friend}.get(act, True)

    @confirmed(_MARK, "operate")
    def mark_friend(self, request: HttpRequest, contact: TelegramUser, given: dict[str, Any]) -> None:
        """Let chats in as guests."""
        friends.mark(by=cast("User", request.user), contact=contact, reason=given["reason"])

    @confirmed(_UNMARK, "operate")
    def unmark_friend(self, request: HttpRequest, contact: TelegramUser, given: dict[str, Any]) -> None:
        """Let guests in no longer."""
        friends.unmark(by=cast("User", request.user), contact=contact, reason=given["reason"])


@admin.register(Joke)
class JokeAdmin(admin.ModelAdmin[Joke]):
    """What the bot tells to be funny."""

    list_display = ("text", "language")
    list_filter = ("language",)
    search_fields = ("text",)
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
