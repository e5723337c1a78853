"""A contact that the bot may write to, and things for it to be told, without anybody having said anything."""

import itertools
import time

from django.db import transaction
from django.db.models.functions import Now

from telegram_link import contacts, leases, outbox, sending
from telegram_link.models import Lease, OutboxMessage, TelegramUser
from tests.stand_ins.bot_api.chats import User
from tests.stand_ins.bot_api.server import BotApi

_numbers = itertools.count(1)


def met(api: BotApi, who: User) -> TelegramUser:
    """Let somebody open the chat with the bot; return the contact."""
    api.says(who, "/start")
    return contacts.met(who.wire(), who.id)


def say(contact: TelegramUser, *texts: str) -> None:
    """Have the bot say something."""
    with transaction.atomic():
        for text in texts:
            outbox.say(contact, text, key=f"said:{next(_numbers)}")


def send_now() -> int:
    """Send what waits, also what would be tried again later only."""
    OutboxMessage.objects.filter(status="pending").update(next_attempt_at=Now(), lease_expires_at=None)
    return sending.send_due()


def after_the_pause() -> int:
    """Wait until Telegram may be asked again, and send what waits."""
    row = Lease.objects.get(name=leases.SEND)
    assert row.paused_until is not None
    time.sleep(max(0.0, row.paused_until.timestamp() - time.time()) + 0.01)
    return send_now()


def texts_of(api: BotApi, who: User) -> list[str]:
    """Return what the bot said to somebody."""
    return [message.text for message in api.messages(who.id)]


def states() -> list[str]:
    """Return what became of the messages, in their order."""
    return list(OutboxMessage.objects.order_by("id").values_list("status", flat=True))
