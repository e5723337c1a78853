"""Which files a build takes along, and what it hands on to a retry or a fork; in the transaction that submits it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.common.errors import invalid
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from memory.attachments import selectors, services
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation

MOST = 10
KEPT_FOR = timedelta(days=7)
"""What was sent longer ago belongs to no new request any more."""


def register() -> None:
    """Have files kept for as long as a build has them."""
    services.NEEDED.append(Q(taken_by__isnull=False))


def chosen(user: User, ids: Iterable[object]) -> list[Attachment]:
    """Return the files that a request names, each once.

    :raises AppError: ``request.invalid`` for too many, and for one that isn't its author's.
    """
    wanted = list(dict.fromkeys(map(str, ids)))
    if not wanted:
        return []
    if len(wanted) > MOST:
        raise invalid(attachments=_("A build can take %(most)d files at most.") % {"most": MOST})
    try:
        found = {row.pk: row for row in selectors.of(user).filter(pk__in=[UUID(each) for each in wanted])}
        return [found[UUID(each)] for each in wanted]
    except (ValueError, KeyError):
        raise invalid(attachments=_("One of these files is not there.")) from None


def waiting_in(conversation: Conversation) -> QuerySet[Attachment]:
    """Return the newest files of a conversation that no build has taken, newest first."""
    since = timezone.now() - KEPT_FOR
    said = Attachment.objects.filter(message__conversation=conversation, created_at__gte=since)
    return said.filter(~Exists(BuildAttachment.objects.filter(attachment=OuterRef("pk")))).order_by("-id")


def take(build: Build, named: Sequence[Attachment], *, with_waiting: bool) -> list[str]:
    """Let a new build take files along, in the order in which they were brought; return their names.

    :param with_waiting: those of its conversation that wait for a build come along, too.
    """
    files = {file.pk: file for file in named}
    if with_waiting and build.conversation is not None:
        for file in waiting_in(build.conversation)[: MOST - len(files)]:
            files.setdefault(file.pk, file)
    if not files:
        return []
    before = BuildAttachment.objects.filter(build=build).count()
    brought = [files[pk] for pk in sorted(files)][: MOST - before]
    BuildAttachment.objects.bulk_create(
        BuildAttachment(build=build, attachment=file, place=place, name=file.name, family=file.family)
        for place, file in enumerate(brought, before + 1)
    )
    return [file.name for file in brought]


def hand_on(source: Build, target: Build) -> None:
    """Let a new build have the files of another one; what could not be read then is tried again."""
    rows = BuildAttachment.objects.filter(build=source).order_by("place")
    is_own = source.user_id == target.user_id  # an operator's retry takes over what was read, and no file
    BuildAttachment.objects.bulk_create(
        BuildAttachment(
            build=target,
            attachment_id=row.attachment_id if is_own else None,
            place=row.place,
            name=row.name,
            family=row.family,
            text=row.text,
            read_at=row.read_at if row.text else None,
        )
        for row in rows
    )
