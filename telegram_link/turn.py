"""One update of one chat, and how it is answered."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from agentsite.accounts.models import User
from memory import conversations
from memory.attachments.services import take_along
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation, Platform
from memory.models.message import COMMAND, REPLY, Message, MessageRole
from telegram_link import outbox
from telegram_link.models import TelegramUser
from telegram_link.outbox import Buttons
from telegram_link.splitting import plain


@dataclass
class Turn:
    """What came in, from whom; everything that is said back is stored with it in one transaction."""

    contact: TelegramUser
    update_id: int
    message: Mapping[str, Any]
    text: str = ""
    """What was written, beside a file if one came along."""
    file: Attachment | None = None
    """What came along; it belongs to the first message that is stored of this turn."""
    _said: int = field(default=0, init=False)

    @property
    def user(self) -> User | None:
        """Return the linked account; None for a guest who is not let in any more."""
        user = self.contact.user
        is_out = user is not None and user.is_guest and not (user.is_active and self.contact.is_friend)
        return None if is_out else user

    @property
    def account(self) -> User:
        """Return the linked account, where it was made sure before that there is one."""
        if self.user is None:
            raise LookupError("the chat is linked with no account")
        return self.user

    @property
    def message_id(self) -> int:
        """Return the number of the message that came in, or whose button was pressed."""
        return int(self.message["message_id"])

    def conversation(self) -> Conversation:
        """Return the conversation of this chat, begun when there is none."""
        place = {"platform": Platform.TELEGRAM.value, "chat_id": str(self.contact.chat_id)}
        return conversations.open_conversation(user=self.account, **place)[0]

    @property
    def files(self) -> list[UUID]:
        """Return what is to be taken along."""
        return [self.file.pk] if self.file is not None else []

    def reply(self, html: str, buttons: Buttons = (), *, once: str = "") -> None:
        """Say something back; a second reply to the same update comes after the first.

        :param once: names what several updates are answered with together.
        """
        self._said += 1
        name = once or f"{self.update_id}:{self._said}"
        outbox.say(self.contact, html, key=f"reply:{name}", buttons=buttons)
        self.note(MessageRole.ASSISTANT, plain(html), REPLY, f"bot:{name}"[:64])

    def change(self, html: str, buttons: Buttons = ()) -> None:
        """Let the message whose button was pressed say something else."""
        outbox.change(self.contact, self.message_id, html, key=f"change:{self.update_id}", buttons=buttons)

    def note_command(self) -> None:
        """Keep what was written in the history of the chat."""
        self.note(MessageRole.USER, self.text, COMMAND, f"tg:{self.message_id}")

    def note(self, role: MessageRole, content: str, kind: str, name: str) -> Message | None:
        """Keep a message in the history, once for a name; None for who may only read and so has none."""
        if self.user is None or not self.user.can_build or not content.strip():
            return None
        message, is_new = conversations.append_message(
            conversation=self.conversation(),
            role=role.value,
            content=content,
            author=self.user.get_username() if role == MessageRole.USER else "agent",
            platform_message_id=name,
            message_type=kind,
        )
        if role == MessageRole.USER and is_new:
            take_along(message, self.files)
        return message


def number_of(text: str) -> UUID | None:
    """Return the id that a pressed button names; None for anything else."""
    try:
        return UUID(text)
    except ValueError:
        return None
