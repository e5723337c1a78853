"""Files that people send in tests."""

from typing import Any

from agentsite.accounts.models import User
from builds.jobs import services as jobs
from memory import conversations
from memory.attachments import services
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from memory.models.message import Message, MessageRole
from tests.attachments import samples

VOICE = samples.ogg()
"""A voice note as Telegram sends them, two seconds long."""
ANOTHER_VOICE = VOICE + samples.page(b"\xfc" * 40, 144_000)


def kept(user: User, name: str = "notes.txt", content: bytes = b"Umlauts become two letters.") -> Attachment:
    """Store a file that nobody has said yet."""
    return services.store(user=user, name=name, content=content, source="api")


def noted(conversation: Conversation, *files: Attachment, content: str = "here") -> Message:
    """Say a file without asking for anything."""
    message, _is_new = conversations.append_message(
        conversation=conversation, role=MessageRole.USER, content=content, message_type="document"
    )
    services.take_along(message, [file.pk for file in files])
    return message


def spoken(conversation: Conversation, content: bytes = VOICE, **more: Any) -> Message:
    """Send a voice note to the agent."""
    voice = kept(conversation.user, "voice.ogg", content)
    return jobs.say(
        user=conversation.user, conversation=conversation, content="", attachments=[voice.pk], **more
    ).message
