"""A stand-in for Telegram's Bot API, over real HTTP: as strict as the real one, and moved by the test."""

import time
from collections.abc import Callable
from threading import Thread
from typing import Self, TypeVar

from tests.stand_ins.bot_api import incoming
from tests.stand_ins.bot_api.chats import Message, Sent, User, sent
from tests.stand_ins.bot_api.control import Control
from tests.stand_ins.bot_api.faults import Fault, FaultKind
from tests.stand_ins.bot_api.flood import FloodLimits
from tests.stand_ins.bot_api.handler import ApiServer, Handler
from tests.stand_ins.bot_api.refusals import Json
from tests.stand_ins.bot_api.world import Answer, Call, World

TOKEN = "4242:stand-in-token"
PATIENCE_SECONDS = 0.01
Found = TypeVar("Found")


class BotApi:
    """Be the Bot API for one token while the ``with`` block runs.

    :param limits: how much may be sent; None is without limit.
    :param query_seconds: how long a pressed button waits for its answer.
    :param webhook_pause: seconds before the first repetition of a delivery.
    """

    def __init__(
        self,
        token: str = TOKEN,
        *,
        port: int = 0,
        limits: FloodLimits | None = None,
        query_seconds: float = 30,
        webhook_pause: float = 1,
    ) -> None:
        self.token = token
        self.world = World(token, limits, query_seconds, webhook_pause)
        self._http = ApiServer(("127.0.0.1", port), Handler)
        self._http.world = self.world
        self._http.control = Control(self)
        self._thread = Thread(target=self._http.serve_forever, args=(PATIENCE_SECONDS,), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.world.stop()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Its address; the library wants ``{url}/bot`` and ``{url}/file/bot``."""
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    @property
    def calls(self) -> list[Call]:
        """Return every call, in the order of arrival."""
        return list(self.world.calls)

    @property
    def answers(self) -> list[Answer]:
        """Return the answers to presses."""
        return list(self.world.answers)

    @property
    def pending_updates(self) -> list[Json]:
        """Return the updates that the bot did not confirm."""
        return self.world.updates.pending

    @property
    def ignored_retry_after(self) -> int:
        """Return how many calls came before the time a 429 had told."""
        return self.world.flood.ignored

    def says(self, user: User, text: str, chat_id: int | None = None, reply_to: int | None = None) -> int:
        """Let a user write, in private or in a group; return the update's id."""
        with self.world.changed:
            return incoming.say(self.world, user, text, chat_id, reply_to)

    def presses(self, user: User, message: Sent, label_or_data: str) -> str:
        """Let a user press a button that is there now; return the query's id.

        :raises LookupError: there is no such button.
        """
        with self.world.changed:
            return incoming.press(self.world, user, self._message(message), label_or_data)

    def forges(self, user: User, message: Sent, data: str) -> str:
        """Let a user send data for a message as a changed or slow app could; return the query's id."""
        with self.world.changed:
            return incoming.call_back(self.world, user, self._message(message), data)

    def sends_file(
        self,
        user: User,
        name: str,
        content: bytes,
        mime: str = "application/octet-stream",
        caption: str = "",
        *,
        kind: str = "document",
        size: int | None = None,
        chat_id: int | None = None,
    ) -> int:
        """Let a user send a file, which may be told to be larger than it is; return the update's id."""
        with self.world.changed:
            file = self.world.files.keep(kind, name, mime, content, size)
            return incoming.send_file(self.world, user, file, caption, chat_id)

    def sends_photo(self, user: User, content: bytes, caption: str = "") -> int:
        """Let a user send a photo; return the update's id."""
        return self.sends_file(user, "photo.jpg", content, "image/jpeg", caption, kind="photo")

    def sends_voice(self, user: User, content: bytes) -> int:
        """Let a user speak; return the update's id."""
        return self.sends_file(user, "voice.oga", content, "audio/ogg", kind="voice")

    def blocks(self, user: User) -> None:
        """Let a user block the bot."""
        self._change(user, blocked=True)

    def unblocks(self, user: User) -> None:
        """Let a user allow the bot to write again."""
        self._change(user, blocked=False)

    def deactivates(self, user: User) -> None:
        """Let a user's account end."""
        with self.world.changed:
            self.world.chats.opened_by(user).deactivated = True

    def messages(self, chat_id: int) -> list[Sent]:
        """Return what the bot sent to a chat, in its present state."""
        return [message for message in self.conversation(chat_id) if message.sender_id == self.world.bot.id]

    def conversation(self, chat_id: int) -> list[Sent]:
        """Return what both sides sent, in its present state."""
        with self.world.changed:
            chats = [chat for chat in self.world.chats if chat.wire["id"] == chat_id]
            return [sent(message) for chat in chats for message in chat.messages.values()]

    def calls_of(self, method: str) -> list[Call]:
        """Return the calls of one method."""
        return [call for call in self.calls if call.method == method]

    def fails(
        self,
        kind: FaultKind | str,
        method: str = "*",
        *,
        chat_id: int | None = None,
        times: int = 1,
        seconds: float = 1,
    ) -> None:
        """Let the next calls go wrong."""
        with self.world.changed:
            self.world.faults.add(Fault(FaultKind(kind), method, chat_id, times, seconds))

    def works_again(self) -> None:
        """Forget the faults that did not happen yet."""
        with self.world.changed:
            self.world.faults.clear()

    def until(self, found: Callable[[], Found], seconds: float = 5) -> Found:
        """Wait until something is true, and return it; from a coroutine by ``asyncio.to_thread``.

        :raises TimeoutError: it did not become so.
        """
        end = time.monotonic() + seconds
        while not (result := found()):
            if time.monotonic() > end:
                raise TimeoutError(f"not within {seconds} s; calls: {[call.method for call in self.calls]}")
            time.sleep(PATIENCE_SECONDS)
        return result

    def _message(self, message: Sent) -> Message:
        return self.world.chats.known(message.chat_id).messages[message.message_id]

    def _change(self, user: User, *, blocked: bool) -> None:
        with self.world.changed:
            incoming.change_membership(self.world, self.world.chats.opened_by(user), user, blocked=blocked)
