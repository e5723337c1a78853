"""What Telegram itself shows of the bot: the menu of commands, in each language."""

from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.utils import translation

from telegram_link.commands import COMMANDS

if TYPE_CHECKING:
    from telegram import Bot

log = structlog.get_logger(__name__)


async def introduce(bot: "Bot") -> None:
    """Tell Telegram the commands; that it did not work out is no reason not to listen."""
    from telegram.error import TelegramError

    try:
        for code, _name in settings.LANGUAGES:
            is_default = code == settings.LANGUAGE_CODE
            await bot.set_my_commands(_listed(code), language_code=None if is_default else code)
    except TelegramError as error:
        log.warning("telegram.menu_not_set", error=type(error).__name__)


def _listed(language: str) -> list[tuple[str, str]]:
    with translation.override(language):
        return [(name, str(each.about)) for name, each in COMMANDS.items() if not each.is_for_operators]
