"""``manage.py run_telegram_bot``: listen to Telegram."""

import asyncio
import signal
import sys
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from agentsite.common import exposition, measures
from telegram_link import leases, polling, webhook

_NO_BOT = "There is no bot: set TELEGRAM_BOT_TOKEN to the token that BotFather gave."
_REFUSED = "Telegram does not know this bot: set TELEGRAM_BOT_TOKEN to the token that BotFather gave."


class Command(BaseCommand):
    """Listen to Telegram."""

    help = "Ask Telegram for news until stopped; or, with TELEGRAM_WEBHOOK, have it call this site."

    def add_arguments(self, parser: CommandParser) -> None:
        """Ask whether one listens, instead."""
        parser.add_argument("--check", action="store_true", help="only say whether a process listens at this moment")

    def handle(self, *, check: bool = False, **_: Any) -> None:
        """Listen, until told to stop."""
        if not settings.TELEGRAM_BOT_TOKEN:
            raise CommandError(_NO_BOT)
        if check:
            self._check()
            return
        if settings.TELEGRAM_WEBHOOK:
            self._register()
            return
        measures.note_role("bot")
        exposition.serve_if_wanted()
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        try:
            polling.listen(stop, self._tell)
        except polling.TokenRefused:
            raise CommandError(_REFUSED) from None

    def _check(self) -> None:
        if not leases.is_held(leases.POLL):
            raise CommandError("Nobody listens to Telegram: run manage.py run_telegram_bot.")
        self._tell("A process listens.")

    def _register(self) -> None:
        from telegram.error import InvalidToken, TelegramError

        try:
            name = asyncio.run(webhook.register())
        except InvalidToken:
            raise CommandError(_REFUSED) from None
        except TelegramError as error:
            raise CommandError(f"Telegram did not take the address of this site: {error}") from None
        leases.note_bot(name)
        self._tell(f"Telegram calls this site for @{name} from now on.")

    def _tell(self, words: str) -> None:
        self.stdout.write(words)
        sys.stdout.flush()
