"""Conversations with the agent on this site: begun with their first message, followed while something runs."""

import json
import re
from collections.abc import Sequence
from typing import IO, Protocol
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from builds.jobs import services as jobs
from builds.models.build import Build
from builds.models.job import ENDED, Job
from builds.states import FINAL
from memory import conversations
from memory.attachments import services as attachments
from memory.attachments.selectors import with_files
from memory.models.conversation import Conversation, Platform

_TOKEN = re.compile(r"[0-9a-f]{32}")
_ABOUT = ("id", "title", "platform", "status", "intent", "created_at", "updated_at")
_SAID = ("seq", "role", "author", "content", "created_at", "message_type", "language", "intent")
_FILE = ("id", "name", "family", "media_type", "size", "sha256", "facts")
_KNOWN = ("model_used", "cost_usd", "extra_metadata")


class Upload(Protocol):
    """A file out of a form."""

    name: str | None
    size: int | None

    def read(self) -> bytes:
        """Return what it holds."""


def begin(*, user: User, content: str, token: str, uploads: Sequence[Upload] = ()) -> Conversation:
    """Open a conversation with its first message, or neither; the same form sent twice leads to the same one.

    :raises AppError: what ``conversations.open_conversation`` and ``jobs.say`` refuse.
    """
    try:
        with transaction.atomic():
            conversation, _is_new = conversations.open_conversation(
                user=user, platform=Platform.WEB.value, chat_id=_checked(token)
            )
            _say(user, conversation, content, token, uploads)
    except AppError as refused:
        if refused.afterwards:
            refused.afterwards()
        raise
    return conversation


def say(
    *, user: User, conversation: Conversation, content: str, token: str, uploads: Sequence[Upload] = ()
) -> jobs.Said:
    """Say something, with all of its files or not at all; the same form sent twice says it once.

    :raises AppError: what ``jobs.say`` and ``attachments.store`` refuse.
    """
    try:
        with transaction.atomic():
            return _say(user, conversation, content, token, uploads)
    except AppError as refused:
        if refused.afterwards:
            refused.afterwards()
        raise


def _say(user: User, conversation: Conversation, content: str, token: str, uploads: Sequence[Upload]) -> jobs.Said:
    sent = _checked(token)
    if len(uploads) > attachments.MAX_PER_MESSAGE:
        raise attachments.too_many()
    ids = [_stored(user, file, f"form:{sent}:{place}" if sent else "") for place, file in enumerate(uploads)]
    return jobs.say(user=user, conversation=conversation, content=content, platform_message_id=sent, attachments=ids)


def _stored(user: User, file: Upload, sent: str) -> UUID:
    """Keep one file of a form; a refusal says which it was."""
    try:
        attachments.check_size(file.size or 0)
        made = attachments.store(
            user=user, name=file.name or "", content=file.read(), source=Platform.WEB.value, platform_file_id=sent
        )
    except AppError as refused:
        name = attachments.shown_name(file.name or "")
        refused.message = f"{name}: {refused.message}"
        raise
    return made.pk


def runs_under_way(conversation_id: UUID) -> set[UUID]:
    """Return the runs of a conversation's jobs and builds that have not ended."""
    of_jobs = Job.objects.filter(conversation_id=conversation_id).exclude(status__in=ENDED)
    of_builds = Build.objects.filter(conversation_id=conversation_id).exclude(status__in=FINAL)
    return {*of_jobs.values_list("run_id", flat=True), *of_builds.values_list("run_id", flat=True)}


def write_export(conversation: Conversation, target: IO[bytes], *, to: User) -> None:
    """Write a conversation with all its messages, oldest first, as JSON; a message at a time."""
    conversations.note_export(conversation, to=to)
    about = {name: getattr(conversation, name) for name in _ABOUT}
    target.write(_json(about)[:-1] + b', "messages": [')
    rows = with_files(conversations.messages_of(conversation)).order_by("seq")
    for number, message in enumerate(rows.iterator(100)):
        row = {name: getattr(message, name) for name in (*_SAID, *_KNOWN)}
        files = [{name: getattr(file, name) for name in _FILE} for file in message.attachments.all()]
        target.write((b",\n" if number else b"\n") + _json(row | {"attachments": files}))
    target.write(b"\n]}\n")


def _json(value: object) -> bytes:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False).encode()


def _checked(token: str) -> str:
    """Return a form's token; empty for one that no form of this site had."""
    return token if _TOKEN.fullmatch(token) else ""
