"""Records of the Telegram door."""

from telegram_link.models.contact import TelegramUser
from telegram_link.models.inbox import UpdateInbox
from telegram_link.models.joke import Joke
from telegram_link.models.lease import Lease
from telegram_link.models.link import LinkToken
from telegram_link.models.outbox import OutboxMessage

__all__ = ["Joke", "Lease", "LinkToken", "OutboxMessage", "TelegramUser", "UpdateInbox"]
