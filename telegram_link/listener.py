"""A bot inside the one-command server: asks Telegram for news in a thread of its own."""

import threading
from collections.abc import Callable
from typing import Self

import structlog
from django.conf import settings

from agentsite.common import measures

log = structlog.get_logger(__name__)


class Listener:
    """Listen for as long as the block lasts, when there is a token; what hinders it is told, and the server goes on."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="telegram", daemon=True)

    def __enter__(self) -> Self:
        if settings.TELEGRAM_BOT_TOKEN and not settings.TELEGRAM_WEBHOOK:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=3)

    def _listen(self) -> None:
        from telegram_link import polling

        measures.note_role("bot")
        try:
            polling.listen(self._stop, self._tell)
        except polling.TokenRefused:
            self._tell("Telegram does not know this bot: set TELEGRAM_BOT_TOKEN to the token that BotFather gave.")
        except Exception:  # the site must go on without its bot
            log.exception("telegram.listener_failed")
