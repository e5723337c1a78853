"""What the bot has asked in a chat, kept in the contact's row: a restart forgets no question."""

from typing import Any

from telegram_link.models import TelegramUser
from telegram_link.models.contact import DialogState

REQUEST, LANGUAGE, REASON, CHANGE, BROADCAST = "request", "language", "reason", "change", "broadcast"
TARGET = "target"


def ask(contact: TelegramUser, what: str, **known: Any) -> None:
    """Await an answer, in the open transaction; an earlier question is forgotten."""
    _set(contact, DialogState.AWAITING_INPUT, {"asked": what, **known})


def end(contact: TelegramUser) -> dict[str, Any]:
    """Await nothing any more; return what was asked, {} where nothing was."""
    asked = dict(contact.dialog)
    if asked:
        _set(contact, DialogState.IDLE, {})
    return asked


def forget(contact: TelegramUser) -> None:
    """Await nothing any more, whatever was asked."""
    _set(contact, DialogState.IDLE, {})


def _set(contact: TelegramUser, state: DialogState, asked: dict[str, Any]) -> None:
    TelegramUser.objects.filter(pk=contact.pk).update(conversation_state=state, dialog=asked)
    contact.conversation_state, contact.dialog = state, asked
