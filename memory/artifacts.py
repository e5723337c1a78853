"""What belongs to messages beside their text."""

from typing import Any

from django.db import transaction

from agentsite.common.texts import storable
from audit import services as audit
from memory import validation
from memory.models.artifact import MAX_TEXT, ArtifactKind, MessageArtifact
from memory.models.attachment import Attachment
from memory.models.bounds import MAX_RAW_JSON
from memory.models.message import Message
from memory.texts import clean

MAX_URI = 2_000


@transaction.atomic
def attach(
    *,
    message: Message,
    kind: str,
    content: Any,
    uri: str = "",
    text: str = "",
    attachment: Attachment | None = None,
) -> MessageArtifact:
    """Store a transcript, a description or a result with its message.

    :param attachment: the message's file that it is about.
    :raises AppError: ``request.invalid``.
    """
    artifact = MessageArtifact.objects.create(
        message=message,
        kind=validation.choice("kind", kind, ArtifactKind.values),
        content_json=validation.document("content_json", storable(content), MAX_RAW_JSON),
        text=validation.within("text", clean(text), MAX_TEXT),
        attachment=attachment,
        uri=validation.line("uri", uri, MAX_URI, is_required=False),
    )
    audit.record(
        "artifact.attached",
        user=message.conversation.user,
        resource_type="conversation",
        resource_id=str(message.conversation_id),
        details={"seq": message.seq, "kind": kind},
    )
    return artifact
