"""Questions about files."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.db.models.functions import Left, Length

from agentsite.accounts.models import User
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment, AttachmentContent
from memory.models.message import Message

EXCERPT = 2_000
"""How much of a text is shown in lists."""


def of(user: User) -> QuerySet[Attachment]:
    """Return somebody's files, newest first."""
    return Attachment.objects.filter(user=user).order_by("-id")


def find(user: User, attachment_id: UUID) -> Attachment | None:
    """Return one of somebody's files; None where there is none."""
    return of(user).filter(pk=attachment_id).first()


def with_artifacts(attachments: QuerySet[Attachment]) -> QuerySet[Attachment]:
    """Let files come with the beginning of what was read in each, in two queries however many there are."""
    return attachments.prefetch_related(Prefetch("artifacts", _beginnings()))


def with_files(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Let messages come with their files, and with what else belongs to them, likewise."""
    files = with_artifacts(Attachment.objects.order_by("id"))
    own = Prefetch("artifacts", _beginnings().filter(attachment=None), to_attr="results")
    return messages.prefetch_related(Prefetch("attachments", files), own)


def filed(message: Message) -> Message:
    """Return a message again, with its files."""
    return with_files(Message.objects.filter(pk=message.pk)).get()


def whole(attachment: Attachment) -> Attachment:
    """Return a file again, with all that was read in it."""
    rows = MessageArtifact.objects.order_by("id").annotate(characters=Length("text"))
    return Attachment.objects.prefetch_related(Prefetch("artifacts", rows)).get(pk=attachment.pk)


def _beginnings() -> QuerySet[MessageArtifact]:
    rows = MessageArtifact.objects.order_by("id").defer("text")
    return rows.annotate(excerpt=Left("text", EXCERPT), characters=Length("text"))


def content_of(attachment: Attachment) -> bytes:
    """Return what a file holds; nothing of one that was deleted meanwhile."""
    stored = AttachmentContent.objects.filter(pk=attachment.pk).values_list("content", flat=True).first()
    return bytes(stored or b"")


def unread(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Return which of some files no worker has read yet, as the database says now, in order."""
    ids = [attachment.pk for attachment in attachments]
    return list(Attachment.objects.filter(pk__in=ids, read_at=None).order_by("id"))
