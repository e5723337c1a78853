"""Writing down what the bot is to say, in the transaction of its cause; nothing leaves the process here."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Now

from agentsite.common import hints
from agentsite.common.acting import as_server
from telegram_link import queue
from telegram_link.models import OutboxMessage, TelegramUser
from telegram_link.models.outbox import OutboxKind, OutboxStatus

Buttons = Sequence[Sequence[tuple[str, str]]]
"""Rows of a label and what a press says: an id, or an address."""


def say(contact: TelegramUser, html: str, *, key: str, buttons: Buttons = ()) -> None:
    """Say something in a chat, once for a key.

    :param html: in Telegram's HTML; what people or models wrote is escaped in it.
    """
    shown = [[list(button) for button in row] for row in buttons]
    _add(contact, OutboxKind.TEXT, key, {"html": html, "buttons": shown})


def change(contact: TelegramUser, message_id: int, html: str, *, key: str, buttons: Buttons = ()) -> None:
    """Let an earlier message say something else, once for a key."""
    shown = [[list(button) for button in row] for row in buttons]
    _add(contact, OutboxKind.EDIT, key, {"message_id": message_id, "html": html, "buttons": shown})


def answer_press(contact: TelegramUser, query_id: str, text: str = "", *, alert: bool = False) -> None:
    """Let a pressed button stop turning, with a word beside it or in a window."""
    payload = {"callback_query_id": query_id, "text": text, "alert": alert}
    _add(contact, OutboxKind.PRESS, f"press:{query_id}", payload)


def send_file(contact: TelegramUser, build_id: UUID, attempt: int, path: str, *, key: str) -> None:
    """Send one file of an attempt, or all of them as a zip when no path is given; once for a key."""
    _add(contact, OutboxKind.DOCUMENT, key, {"build": str(build_id), "attempt": attempt, "path": path})


def show(contact: TelegramUser, kind: OutboxKind, about: Mapping[str, Any], *, key: str, anew: bool = False) -> None:
    """Have one message of a chat show how something stands: sent the first time, then edited into what is so by then.

    A message that was given up, or went to another chat, is sent anew.

    :param anew: leave the message that is there as it is, and send another one.
    """
    if _add(contact, kind, key, dict(about)):
        return
    here = {"contact": contact, "chat_id": contact.chat_id}
    with as_server():
        found = OutboxMessage.objects.filter(dedup_key=key)
        lost = found if anew else found.filter(Q(status=OutboxStatus.DROPPED) | ~Q(**here))
        lost.update(**here, status=OutboxStatus.PENDING, telegram_message_id=None, sent_digest="")
    refresh(key)


def refresh(*keys: str) -> None:
    """Have messages that are there look again at what they are about."""
    with as_server():
        changed = OutboxMessage.objects.filter(dedup_key__in=keys).exclude(status=OutboxStatus.DROPPED)
        if changed.update(revision=F("revision") + 1, status=OutboxStatus.PENDING, attempts=0, next_attempt_at=Now()):
            hints.after_commit(queue.announce_sending)


def drop_all(contact: TelegramUser) -> None:
    """Give up what a chat was still to be told."""
    waiting = OutboxMessage.objects.filter(contact=contact, status=OutboxStatus.PENDING)
    waiting.update(status=OutboxStatus.DROPPED, lease_expires_at=None)


def _add(contact: TelegramUser, kind: OutboxKind, key: str, payload: dict[str, Any]) -> bool:
    if not contact.is_active:
        return True
    with as_server():
        _row, is_new = OutboxMessage.objects.get_or_create(
            dedup_key=key,
            defaults={
                "contact": contact,
                "chat_id": contact.chat_id,
                "kind": kind,
                "payload": payload,
                "next_attempt_at": Now(),
            },
        )
    if is_new:
        hints.after_commit(queue.announce_sending)
    return is_new
