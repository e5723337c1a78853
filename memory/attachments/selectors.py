"""Questions about files."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from agentsite.accounts.models import User
from memory.models.attachment import Attachment, AttachmentContent
from memory.models.conversation import Conversation


def of(user: User) -> QuerySet[Attachment]:
    """Return somebody's files, newest first."""
    return Attachment.objects.filter(user=user).order_by("-id")


def find(user: User, attachment_id: UUID) -> Attachment | None:
    """Return one of somebody's files; None where there is none."""
    return of(user).filter(pk=attachment_id).first()


def waiting_in(conversation: Conversation) -> QuerySet[Attachment]:
    """Return the files of a conversation that no worker has read yet, in the order in which they were brought."""
    return Attachment.objects.filter(message__conversation=conversation, read_at=None).order_by("id")


def content_of(attachment: Attachment) -> bytes:
    """Return what a file holds; nothing of one that was deleted meanwhile."""
    stored = AttachmentContent.objects.filter(pk=attachment.pk).values_list("content", flat=True).first()
    return bytes(stored or b"")


def unread(attachments: Iterable[Attachment]) -> list[Attachment]:
    """Return which of some files no worker has read yet, as the database says now, in order."""
    ids = [attachment.pk for attachment in attachments]
    return list(Attachment.objects.filter(pk__in=ids, read_at=None).order_by("id"))
