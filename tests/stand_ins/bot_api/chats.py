"""Users, chats and the messages in them."""

import time
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field

from tests.stand_ins.bot_api.files import StoredFile
from tests.stand_ins.bot_api.keyboards import Button, buttons_of
from tests.stand_ins.bot_api.refusals import Json, bad_request, forbidden


@dataclass(frozen=True)
class User:
    """A person who talks to the bot."""

    id: int
    first_name: str = "Ada"
    username: str = ""
    language_code: str = "en"
    is_bot: bool = False

    def wire(self) -> Json:
        """Return it as the API tells it."""
        told: Json = {"id": self.id, "is_bot": self.is_bot, "first_name": self.first_name}
        optional = {"username": self.username, "language_code": self.language_code}
        return told | {name: value for name, value in optional.items() if value}


@dataclass
class Message:
    """A message in its present state, and what the API does not tell of it."""

    wire: Json
    raw: str = ""
    parse_mode: str = ""
    document: StoredFile | None = None
    edited_count: int = 0
    deleted: bool = False


@dataclass(frozen=True)
class Sent:
    """A message as a test looks at it; a caption counts as its text."""

    chat_id: int
    message_id: int
    sender_id: int
    text: str
    entities: list[Json]
    raw: str
    parse_mode: str
    buttons: list[list[Button]]
    document_name: str
    document: bytes | None
    reply_to: int | None
    edited_count: int
    deleted: bool


def sent(message: Message) -> Sent:
    """Return a message as a test looks at it."""
    wire = message.wire
    return Sent(
        chat_id=wire["chat"]["id"],
        message_id=wire["message_id"],
        sender_id=wire["from"]["id"],
        text=wire.get("text") or wire.get("caption") or "",
        entities=deepcopy(wire.get("entities") or wire.get("caption_entities") or []),
        raw=message.raw,
        parse_mode=message.parse_mode,
        buttons=buttons_of(wire.get("reply_markup")),
        document_name=message.document.name if message.document else "",
        document=message.document.content if message.document else None,
        reply_to=wire.get("reply_to_message", {}).get("message_id"),
        edited_count=message.edited_count,
        deleted=message.deleted,
    )


@dataclass
class Chat:
    """A private chat, or a group for a negative id."""

    wire: Json
    messages: dict[int, Message] = field(default_factory=dict)
    blocked: bool = False
    deactivated: bool = False

    def add(self, sender: Json, content: Json, **rest: object) -> Message:
        """Append a message."""
        number = len(self.messages) + 1
        head = {"message_id": number, "from": sender, "chat": self.wire, "date": int(time.time())}
        message = Message(head | content, **rest)  # type: ignore[arg-type]
        self.messages[number] = message
        return message

    def present(self, message_id: int) -> Message | None:
        """Return a message that is still there."""
        message = self.messages.get(message_id)
        return message if message and not message.deleted else None


class Chats:
    """All chats in which somebody wrote to the bot."""

    def __init__(self) -> None:
        self._chats: dict[int, Chat] = {}

    def __iter__(self) -> Iterator[Chat]:
        return iter(self._chats.values())

    def opened_by(self, user: User, chat_id: int | None = None) -> Chat:
        """Return the chat of a user, or a group; make it when it is not there."""
        number = user.id if chat_id is None else chat_id
        if number not in self._chats:
            self._chats[number] = Chat(_described(user, number))
        return self._chats[number]

    def known(self, chat_id: int) -> Chat:
        """Return a chat whatever its state.

        :raises Refused: nobody of it ever wrote to the bot.
        """
        if chat_id not in self._chats:
            raise bad_request("chat not found")
        return self._chats[chat_id]

    def writable(self, chat_id: int) -> Chat:
        """Return a chat that the bot may write to.

        :raises Refused: it is not there, or its user wants nothing more.
        """
        chat = self.known(chat_id)
        if chat.deactivated:
            raise forbidden("user is deactivated")
        if chat.blocked:
            raise forbidden("bot was blocked by the user")
        return chat


def _described(user: User, chat_id: int) -> Json:
    if chat_id < 0:
        return {"id": chat_id, "type": "supergroup", "title": f"Group {-chat_id}"}
    told: Json = {"id": chat_id, "type": "private", "first_name": user.first_name}
    return told | ({"username": user.username} if user.username else {})
