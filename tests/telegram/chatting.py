"""A phone with the bot in it: say something, press a button, let the server do its part, read what stands there."""

import asyncio
import threading
from dataclasses import dataclass
from typing import Any

from builds.background import InBackground
from telegram_link import handling, inbox, polling, sending
from telegram_link.bot import make_bot
from tests.stand_ins.bot_api.chats import Sent, User
from tests.stand_ins.bot_api.server import BotApi
from tests.talking.conversing import work

ADA = User(101, "Ada", "ada", "en")
BORIS = User(202, "Борис", "boris", "ru")
EVE = User(303, "Eve", "eve", "en")


@dataclass
class Phone:
    """One person's chat with the bot."""

    api: BotApi
    who: User
    builds: bool = True
    """Whether a worker is there."""

    def says(self, text: str) -> "Phone":
        """Write to the bot, and let it answer."""
        self.api.says(self.who, text)
        exchange(self.api, builds=self.builds)
        return self

    def presses(self, label: str, message: Sent | None = None) -> str:
        """Press a button of the newest message that has it; return the word that came beside it."""
        found = message or self.with_button(label)
        query = self.api.presses(self.who, found, label)
        exchange(self.api, builds=self.builds)
        return next((answer.text for answer in self.api.answers if answer.query_id == query), "")

    def sends(self, name: str, content: bytes, mime: str = "text/plain", caption: str = "", **more: Any) -> None:
        """Send a file, and let the bot answer."""
        self.api.sends_file(self.who, name, content, mime, caption, **more)
        exchange(self.api, builds=self.builds)

    def with_button(self, label: str) -> Sent:
        """Return the newest message with a button."""
        found = [message for message in self.messages if label in labels(message)]
        assert found, (label, [(message.text, labels(message)) for message in self.messages])
        return found[-1]

    @property
    def messages(self) -> list[Sent]:
        """Return what the bot said, in its present state."""
        return [message for message in self.api.messages(self.who.id) if not message.deleted]

    @property
    def texts(self) -> list[str]:
        """Return the words of it."""
        return [message.text for message in self.messages]

    @property
    def last(self) -> Sent:
        """Return what it said last."""
        return self.messages[-1]


def labels(message: Sent) -> list[str]:
    """Return what stands on a message's buttons."""
    return [label for row in message.buttons for label, _says in row]


def exchange(api: BotApi, *, builds: bool = True) -> None:
    """Let the server do all its parts: ask for news, handle it, build, and beside that say what is to be said."""
    done = threading.Event()
    with InBackground(lambda: _keep_sending(done)):
        try:
            asyncio.run(_listen(api))
            handling.handle_waiting()
            while builds and work():
                pass
        finally:
            done.set()
    sending.send_due()


def _keep_sending(done: threading.Event) -> None:
    while not done.wait(0.02):
        sending.send_due()


async def _listen(api: BotApi) -> None:
    async with make_bot() as bot:
        while api.pending_updates:
            updates = await polling.news(bot, 0)
            await polling.in_thread(inbox.store, updates)
            await polling.news(bot, updates[-1]["update_id"] + 1)
