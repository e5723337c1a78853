"""Handling what came in: each update and all that it causes is one transaction, in the order of its chat, once."""

import threading
import time
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from agentsite.common import tracing
from agentsite.common.errors import AppError
from agentsite.common.logs import lines_about, note
from builds import stopping
from telegram_link import commands, contacts, dialog, files, inbox, measures, outbox, presses, talking
from telegram_link.models import TelegramUser
from telegram_link.splitting import escaped
from telegram_link.turn import Turn

log = structlog.get_logger(__name__)
TURN_SECONDS = 60.0
_CORRECTABLE = 400
_turn = threading.Lock()


def handle_waiting() -> int:
    """Handle what waits until nothing does; return how much it was. 0 when a thread of ours is at it already."""
    if not settings.TELEGRAM_BOT_TOKEN or not _turn.acquire(blocking=False):
        return 0
    count, until = 0, time.monotonic() + TURN_SECONDS
    try:
        while time.monotonic() < until and not stopping.is_stopping() and (claim := inbox.claim_next()):
            with tracing.span("telegram update"), measures.UPDATES.time():
                handle(claim)
            count += 1
    finally:
        _turn.release()
    return count


def handle(claim: inbox.Claim) -> None:
    """Handle one update; what is refused is said in the chat, and a fault of ours is tried again later."""
    with lines_about(update_id=claim.update_id):
        _try(claim)


def _try(claim: inbox.Claim) -> None:
    contact = None
    try:
        contact = _contact(claim.payload)
        note(user_id=contact.user_id if contact else None)
        if claim.attempt > inbox.MAX_ATTEMPTS:  # each time, its process died before it could put it off
            _put_off(claim, contact, "died")
            return
        with translation.override(contact.language if contact else "en"):
            _handle(claim, contact)
    except inbox.ClaimLost:
        log.info("telegram.not_ours")
    except Exception as error:  # whatever it was, the next update must be handled
        log.exception("telegram.update_failed")
        _put_off(claim, contact, type(error).__name__)


def _put_off(claim: inbox.Claim, contact: TelegramUser | None, error: str) -> None:
    """Have it tried later; say so in the chat when it is given up."""
    with transaction.atomic():
        if not inbox.put_off(claim, error) and contact is not None:
            with translation.override(contact.language):
                outbox.say(contact, _broken(), key=f"broken:{claim.update_id}")


def _handle(claim: inbox.Claim, contact: TelegramUser | None) -> None:
    if contact is None:
        with transaction.atomic():
            inbox.close(claim, error="not_a_private_chat")
        return
    is_too_fast = contacts.is_too_fast(contact)
    # Over the network, so in no transaction.
    came_with = files.CameWith() if is_too_fast else files.fetch(claim.payload, contact)
    try:
        with transaction.atomic():
            inbox.close(claim)
            _dispatch(claim, contact, came_with)
    except AppError as refused:
        with transaction.atomic():
            inbox.close(claim, error=refused.code)
            _say_refused(claim, contact, refused)
            if refused.http_status != _CORRECTABLE:  # what was asked can't be answered any more
                dialog.forget(contact)
        if refused.afterwards:
            refused.afterwards()


def _dispatch(claim: inbox.Claim, contact: TelegramUser, came_with: files.CameWith) -> None:
    count = contacts.count_update(contact)
    if count > contacts.MAX_UPDATES:
        if count == contacts.MAX_UPDATES + 1:
            outbox.say(contact, escaped(_("That was too fast. Wait a minute.")), key=f"slow:{claim.update_id}")
        return
    press = claim.payload.get("callback_query")
    if press:
        presses.press(Turn(contact, claim.update_id, press["message"]), press)
        return
    message = claim.payload["message"]
    text = str(message.get("text") or message.get("caption") or "")
    turn = Turn(contact, claim.update_id, message, text, came_with.file)
    if turn.text.startswith("/") and not came_with.refused:
        commands.run(turn)
    else:
        talking.hear(turn, came_with)


def _say_refused(claim: inbox.Claim, contact: TelegramUser, refused: AppError) -> None:
    details = [each for sentences in refused.fields.values() for each in sentences]
    words = " ".join(str(part) for part in (refused.message, *details, refused.hint) if part)
    press = claim.payload.get("callback_query")
    if press:
        outbox.answer_press(contact, str(press["id"]), words[:200], alert=True)
    else:
        outbox.say(contact, escaped(words), key=f"refused:{claim.update_id}")


def _broken() -> str:
    return escaped(_("Something went wrong here, and it did not help to try again. Please send it once more."))


def _contact(update: dict[str, Any]) -> TelegramUser | None:
    """Return who wrote in their private chat; None for groups, channels and what is no message of a person."""
    press = inbox.part(update, "callback_query")
    message = inbox.part(press or update, "message")
    who, chat = inbox.part(press or message, "from"), inbox.part(message, "chat")
    if chat.get("type") != "private" or who.get("is_bot") or not all(map(_is_number, (who.get("id"), chat.get("id")))):
        return None
    return contacts.met(who, int(who["id"] if press else chat["id"]))


def _is_number(value: object) -> bool:
    return isinstance(value, int) and abs(value) < inbox.MAX_ID
