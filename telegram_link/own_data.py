"""What the Telegram door keeps of somebody, for the export of their own data."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from agentsite.accounts.models import User
from agentsite.common.acting import as_server
from telegram_link.models import OutboxMessage, TelegramUser, UpdateInbox


def tables_of(user: User) -> Iterator[tuple[str, QuerySet[Any]]]:
    """Return each file's name with its rows."""
    yield "telegram.jsonl", TelegramUser.objects.filter(user=user)
    with as_server():
        chats = list(TelegramUser.objects.filter(user=user).values_list("chat_id", flat=True))
        yield "telegram-updates.jsonl", UpdateInbox.objects.filter(chat_id__in=chats).order_by("id")
        yield "telegram-messages.jsonl", OutboxMessage.objects.filter(contact__user=user).order_by("id")
