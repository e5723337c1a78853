"""Being told by Telegram: the secret that it shows, and setting the address that it calls."""

import hashlib
import hmac

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.encoding import force_bytes

from telegram_link.bot import UPDATES, make_bot


def secret() -> str:
    """Return what Telegram shows with each update; made from the server's own secret and the bot's token."""
    made_of = f"telegram-webhook:{settings.TELEGRAM_BOT_TOKEN}".encode()
    return hmac.new(force_bytes(settings.SECRET_KEY), made_of, hashlib.sha256).hexdigest()


def is_telegram(shown: str) -> bool:
    """Say whether who calls knows the secret; takes as long for a wrong one as for the right one."""
    return constant_time_compare(shown, secret())


async def register() -> str:
    """Have Telegram call this site from now on; return the bot's name."""
    from telegram_link import menu

    async with make_bot() as bot:
        await menu.introduce(bot)
        address = f"{settings.SITE_URL}{reverse('telegram:webhook')}"
        # One after another, or those of one chat could be stored, and so handled, in another order than they were made.
        await bot.set_webhook(address, secret_token=secret(), allowed_updates=UPDATES, max_connections=1)
        return bot.username


async def unregister() -> None:
    """Have Telegram call nobody, so that it can be asked."""
    async with make_bot() as bot:
        await bot.delete_webhook()
