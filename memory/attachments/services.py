"""What may be done with files: kept, said, read, deleted."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts import idempotency
from agentsite.accounts import storage as room
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.accounts.runtime.table import ATTACHMENT_MAX_MB
from agentsite.common.errors import AppError, invalid
from agentsite.common.texts import storable
from audit import services as audit
from memory import artifacts, validation
from memory.attachments import refusals
from memory.attachments.inspecting import Inspected, inspect
from memory.models.artifact import MAX_TEXT, ArtifactKind, MessageArtifact
from memory.models.attachment import MAX_NAME, Attachment, AttachmentContent, Source
from memory.models.bounds import MAX_RAW_JSON
from memory.models.message import Message
from memory.room import check_room
from memory.texts import clean, label

MAX_PER_MESSAGE = 10
MAX_ATTACHMENTS = 20_000
UNSAID_FOR = timedelta(days=1)
NEEDED: list[Q] = []
"""What rooms above this one need a file for, though no message has it."""
BATCH = 100


def store(*, user: User, name: str, content: bytes, source: str, platform_file_id: str = "") -> Attachment:
    """Keep a file that was looked at; it belongs to no message until it is said.

    One whose ``platform_file_id`` is there already is not stored again: the first is returned as it is.

    :param platform_file_id: names this sending of it, so that the same file in two messages is two.
    :raises AppError: ``attachment.…`` for what is not taken, ``quota.storage``, ``memory.full``; ``request.forbidden``
        for a viewer.
    """
    refuse_viewers(user)
    check_size(len(content))
    sent = validation.line("platform_file_id", platform_file_id, 200, is_required=False)
    first = _sent_before(user, sent)
    if first is not None:
        return first
    found = inspect(content, name)
    check_room(Attachment.objects.filter(user=user), MAX_ATTACHMENTS)
    try:
        with transaction.atomic():
            return _kept(user, name, content, found, validation.choice("source", source, Source.values), sent)
    except IntegrityError:
        first = _sent_before(user, sent)
        if first is None:
            raise
        return first


def check_size(size: int) -> None:
    """Let a file of a size be looked at, before it is read into memory.

    :raises AppError: ``attachment.too_large``.
    """
    most = ATTACHMENT_MAX_MB.now() * 1_000_000
    if size > most:
        raise refusals.too_large(most)


@transaction.atomic
def take_along(message: Message, ids: Sequence[UUID]) -> list[Attachment]:
    """Make files part of a message that is being stored in the open transaction; return them in order.

    :raises AppError: ``request.invalid`` for too many, and for one that isn't its author's or is said already.
    """
    wanted = sorted(set(ids))
    if len(wanted) > MAX_PER_MESSAGE:
        raise too_many()
    unsaid = Attachment.objects.select_for_update(no_key=True).filter(
        user_id=message.conversation.user_id, message=None, pk__in=wanted
    )
    found = list(unsaid.order_by("id"))
    if len(found) < len(wanted):
        raise invalid(attachments=_("One of these files is not there, or belongs to another message already."))
    Attachment.objects.filter(pk__in=wanted).update(message=message)
    MessageArtifact.objects.filter(attachment__in=wanted).update(message=message)
    for attachment in found:
        attachment.message = message
        artifacts.attach(message=message, kind=ArtifactKind.FILE_META, content=_meta(attachment), attachment=attachment)
    return found


def too_many() -> AppError:
    """Return the refusal of more files than a message can have."""
    return invalid(attachments=_("A message can have %(most)d files at most.") % {"most": MAX_PER_MESSAGE})


def write_down(attachment: Attachment, kind: str, content: Mapping[str, Any], text: str = "") -> MessageArtifact | None:
    """Keep what was read in a file; what was written down first stays. None when the file was deleted meanwhile.

    :param text: at most ``MAX_TEXT`` characters of it are kept, and the cut is told in the content.
    """
    return next(iter(write_all_down(attachment, {kind: (content, text)})), None)


@transaction.atomic
def write_all_down(
    attachment: Attachment, found: Mapping[str, tuple[Mapping[str, Any], str]], *, unread: str = ""
) -> list[MessageArtifact]:
    """Keep all that was read in a file at once, and that it was read; what was written down first stays.

    :param unread: why it, or a part of it, could not be read, as a code; it stands with the facts about the file.
    """
    locked = Attachment.objects.select_for_update(no_key=True).filter(pk=attachment.pk).first()
    if locked is None:
        return []
    if locked.read_at is None or found:
        _note_reading(locked, sorted(found), unread)
    return [_written(locked, kind, content, text) for kind, (content, text) in found.items()]


@transaction.atomic
def delete(*, user: User, attachment: Attachment) -> None:
    """Delete a file with all that was read in it. Doing it again changes nothing."""
    locked = Attachment.objects.select_for_update().filter(user=user, pk=attachment.pk).first()
    if locked is not None:
        _audit("attachment.deleted", user, locked, {"bytes": locked.size})
        idempotency.forget_answers(reverse("attachment-api-detail", args=[locked.pk]))
        locked.delete()


def delete_unsaid() -> int:
    """Delete files that no message has after a day; return how many."""
    before, count = timezone.now() - UNSAID_FOR, 0
    unsaid = Attachment.objects.filter(message=None, created_at__lt=before).exclude(reduce(or_, NEEDED, Q(pk=None)))
    while ids := list(unsaid.order_by("created_at").values_list("pk", flat=True)[:BATCH]):
        with transaction.atomic():
            held = Attachment.objects.select_for_update().filter(pk__in=ids, message=None).order_by("pk")
            count += Attachment.objects.filter(pk__in=[row.pk for row in held]).delete()[1]["memory.Attachment"]
    return count


def bytes_of(user_id: int) -> int:
    """Return what somebody's files take together."""
    return Attachment.objects.filter(user_id=user_id).aggregate(bytes=Sum("size"))["bytes"] or 0


def shown_name(name: str) -> str:
    """Return a name fit to be shown: no folders, on one line, nothing in it that shows it otherwise than it is."""
    last = label(name.replace("\\", "/").rpartition("/")[2], MAX_NAME)
    return last if last.strip(". ") else "file"


def _kept(user: User, name: str, content: bytes, found: Inspected, source: str, sent: str) -> Attachment:
    if not room.take(user.pk, len(content)):
        raise room.full()
    attachment = Attachment.objects.create(
        user=user,
        name=shown_name(name),
        family=found.family,
        media_type=found.media_type,
        facts=dict(found.facts),
        size=len(content),
        sha256=sha256(content).hexdigest(),
        source=source,
        platform_file_id=sent,
    )
    AttachmentContent.objects.create(attachment=attachment, content=content)
    details = {"family": found.family, "type": found.media_type, "bytes": len(content), "source": source}
    _audit("attachment.stored", user, attachment, details)
    return attachment


def _note_reading(attachment: Attachment, kinds: Sequence[str], unread: str) -> None:
    """Say that a file was read; what could not be read before and now could is no trouble any more."""
    before = {name: value for name, value in attachment.facts.items() if name != "unread"}
    attachment.facts = {**before, "unread": unread} if unread else before
    Attachment.objects.filter(pk=attachment.pk).update(read_at=timezone.now(), facts=attachment.facts)
    metas = MessageArtifact.objects.filter(attachment=attachment, kind=ArtifactKind.FILE_META)
    metas.update(content_json=_meta(attachment))
    _audit("attachment.read", attachment.user, attachment, {"kinds": list(kinds)})


def _sent_before(user: User, sent: str) -> Attachment | None:
    return Attachment.objects.filter(user=user, platform_file_id=sent).first() if sent else None


def _written(attachment: Attachment, kind: str, content: Mapping[str, Any], text: str) -> MessageArtifact:
    plain = clean(text)
    facts = {**content, "is_cut": True} if len(plain) > MAX_TEXT else dict(content)
    artifact, _is_new = MessageArtifact.objects.get_or_create(
        attachment=attachment,
        kind=validation.choice("kind", kind, ArtifactKind.values),
        defaults={
            "message_id": attachment.message_id,
            "content_json": validation.document("content_json", storable(facts), MAX_RAW_JSON),
            "text": plain[:MAX_TEXT],
        },
    )
    return artifact


def _meta(attachment: Attachment) -> dict[str, Any]:
    return {
        "name": attachment.name,
        "family": attachment.family,
        "media_type": attachment.media_type,
        "size": attachment.size,
        "sha256": attachment.sha256,
        **attachment.facts,
    }


def _audit(action: str, user: User, attachment: Attachment, details: Mapping[str, object]) -> None:
    about = str(attachment.pk)
    audit.record(action, user=user, resource_type="attachment", resource_id=about, details=details)
