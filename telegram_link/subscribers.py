"""Noting, in the transactions in which things happen, what chats are to be told of them."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from agentsite.common.acting import as_server
from builds.models.build import Build
from builds.models.job import Job
from builds.models.run import Run, RunEvent
from memory.models.conversation import Platform
from memory.models.fact import Fact
from memory.models.message import PASSING, Message, MessageRole
from telegram_link import deploying, outbox
from telegram_link.models import TelegramUser
from telegram_link.models.outbox import OutboxKind
from telegram_link.splitting import escaped

_ENDS = {"build.completed", "build.failed", "build.cancelled"}
_ASKED, _ANSWERED = "approval.requested", "approval."
_SHOWN_BY_ITSELF = "proposal"


def live_key(run_id: UUID) -> str:
    """Return the name of a build's one message."""
    return f"live:{run_id}"


def proposal_key(approval_id: str) -> str:
    """Return the name of a proposal's one message."""
    return f"proposal:{approval_id}"


def note_events(events: Sequence[RunEvent]) -> None:
    """Have the messages of a run look again, and begin those that are wanted."""
    if not settings.TELEGRAM_BOT_TOKEN or not events:
        return
    kinds, run_id = {event.kind for event in events}, events[0].run_id
    outbox.refresh(live_key(run_id))
    if kinds & {"build.submitted", *_ENDS}:
        _note_build(run_id, has_ended=bool(kinds & _ENDS))
    for event in events:
        if event.kind.startswith(_ANSWERED):
            _note_approval(event)
        elif event.kind in deploying.ENDS:
            deploying.note_end(event, _contact_of_run(event.run_id))


def note_message(message: Message, **_more: Any) -> None:
    """Have what the agent says in a chat's conversation said there."""
    if not settings.TELEGRAM_BOT_TOKEN or message.role != MessageRole.ASSISTANT or message.message_type in PASSING:
        return
    conversation = message.conversation
    if conversation.platform != Platform.TELEGRAM or message.intent == _SHOWN_BY_ITSELF:
        return
    contact = _contact_of(conversation.user_id)
    if contact is not None and str(contact.chat_id) == conversation.chat_id:
        buttons = _undoing(message, contact)
        outbox.say(contact, escaped(message.content), key=f"message:{message.pk}", buttons=buttons)


def _undoing(message: Message, contact: TelegramUser) -> list[list[tuple[str, str]]]:
    """Return a button for each fact that a message says was noted."""
    numbers = message.extra_metadata.get("facts")
    if not numbers:
        return []
    with as_server(), translation.override(contact.language):
        kept = Fact.objects.filter(user=contact.user, pk__in=numbers).order_by("pk")
        return [[(_("Forget: %(fact)s") % {"fact": fact.fact_text[:40]}, f"forget:{fact.pk}")] for fact in kept]


def _note_build(run_id: UUID, *, has_ended: bool) -> None:
    """Begin a build's message: at once where a chat asked for it, at its end where another door did."""
    with as_server():
        build = Build.objects.select_related("conversation").only("id", "user_id", "conversation").get(run_id=run_id)
        contact = _contact_of(build.user_id)
        if contact is None:
            return
        is_of_chat = build.conversation is not None and build.conversation.platform == Platform.TELEGRAM
        if is_of_chat or (has_ended and contact.notifies):
            outbox.show(contact, OutboxKind.LIVE, {"build": str(build.id)}, key=live_key(run_id))


def _note_approval(event: RunEvent) -> None:
    key = proposal_key(event.payload["approval"])
    if event.kind != _ASKED:
        outbox.refresh(key)
        return
    with as_server():
        job = Job.objects.select_related("conversation").filter(run_id=event.run_id).first()
        contact = _contact_of_run(event.run_id)
        is_elsewhere = job and (job.conversation is None or job.conversation.platform != Platform.TELEGRAM)
        if contact is None or is_elsewhere:
            return  # what a deployment asks is asked in a chat as well, whichever door it came through
        outbox.show(contact, OutboxKind.PROPOSAL, {"approval": event.payload["approval"]}, key=key)


def _contact_of_run(run_id: UUID) -> TelegramUser | None:
    with as_server():
        return _contact_of(Run.objects.values_list("user_id", flat=True).get(id=run_id))


def _contact_of(user_id: int) -> TelegramUser | None:
    with as_server():
        return TelegramUser.objects.filter(user_id=user_id, is_active=True).first()
