"""Conversations and what is said in them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from agentsite.accounts import idempotency
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import AppError, not_found
from agentsite.common.texts import storable
from audit import services as audit
from memory import history, said, validation, wishes
from memory.models.bounds import MAX_JSON, MAX_RAW_JSON
from memory.models.conversation import Conversation, ConversationStatus, Platform
from memory.models.message import MAX_CONTENT, PASSING, Message, MessageRole
from memory.room import MAX_CONVERSATIONS, check_room
from memory.signals import message_added
from memory.texts import clean, label

MAX_CHAT_ID = 64
MAX_TITLE = 200
MAX_COST = 100_000
SEARCHED = 20_000
"""How many of somebody's newest messages a search looks through."""
MAX_WORDS = 10
_LABELS = {"author": 150, "message_type": 32, "language": 16, "intent": 64, "model_used": 200}
_DOCUMENTS = {"raw_payload": MAX_RAW_JSON, "extra_metadata": MAX_JSON}


@transaction.atomic
def open_conversation(*, user: User, platform: str, chat_id: str = "", title: str = "") -> tuple[Conversation, bool]:
    """Return the conversation that goes on in a chat, made when there is none; say whether it was made.

    Of several who ask at once one makes it. Without a ``chat_id`` each call makes one.

    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer; ``memory.full``.
    """
    refuse_viewers(user)
    place = {
        "platform": validation.choice("platform", platform, Platform.values),
        "chat_id": validation.line("chat_id", chat_id, MAX_CHAT_ID, is_required=False),
        "status": ConversationStatus.ACTIVE,
    }
    name = validation.line("title", title, MAX_TITLE, is_required=False)
    going_on = Conversation.objects.filter(user=user, **place) if place["chat_id"] else Conversation.objects.none()
    found = going_on.first()
    if found is not None:
        return found, False
    check_room(Conversation.objects.filter(user=user), MAX_CONVERSATIONS)
    if place["chat_id"]:
        conversation, is_new = Conversation.objects.get_or_create(user=user, **place, defaults={"title": name})
    else:
        conversation, is_new = Conversation.objects.create(user=user, **place, title=name), True
    if is_new:
        _audit("conversation.opened", user, conversation, {"platform": platform})
    return conversation, is_new


@transaction.atomic
def append_message(
    *, conversation: Conversation, role: str, content: str, platform_message_id: str = "", **more: Any
) -> tuple[Message, bool]:
    """Store the next message of a conversation; say whether it is new.

    One whose ``platform_message_id`` is there already is not stored again: the first is returned as it is.

    :param more: ``author``, ``message_type``, ``language``, ``intent``, ``model_used``, ``cost_usd``, ``raw_payload``
        and ``extra_metadata``.
    :raises AppError: ``request.invalid``; ``conversation.archived``; ``request.not_found`` when it was deleted.
    """
    fields = _checked_message(role=role, content=content, platform_message_id=platform_message_id, **more)
    locked = _locked(conversation)  # whoever appends to it at this moment is waited for
    refuse_viewers(locked.user)
    sent = Message.objects.filter(conversation=locked, platform_message_id=fields["platform_message_id"])
    first = sent.first() if fields["platform_message_id"] else None
    if first is not None:
        return first, False
    if not locked.is_active:
        raise AppError(
            "conversation.archived",
            _("This conversation is archived."),
            hint=_("Make it active again, or open another one."),
            http_status=409,
        )
    Conversation.objects.filter(pk=locked.pk).update(last_seq=F("last_seq") + 1, updated_at=timezone.now())
    seq, version = Conversation.objects.values_list("last_seq", "history_version").get(pk=locked.pk)
    message = Message.objects.create(conversation=locked, seq=seq, **fields)
    _audit("message.added", locked.user, locked, {"seq": seq, "role": role})
    if message.message_type not in PASSING:
        said.index_message(message, user_id=locked.user_id, title=locked.title)
        if role == MessageRole.USER:
            wishes.propose_from(locked.user, message.content)
    history.write_through(message, version)
    message_added.send(Message, message=message)
    return message, True


@transaction.atomic
def change_conversation(
    *, user: User, conversation: Conversation, title: str | None = None, status: str | None = None
) -> Conversation:
    """Rename a conversation, archive it, or let it go on; what is left out stays.

    :raises AppError: ``request.invalid``; ``conversation.another_active``; ``request.not_found`` when it was deleted.
    """
    refuse_viewers(user)
    locked = _locked(conversation)
    changes: dict[str, Any] = {}
    if title is not None:
        changes["title"] = validation.line("title", title, MAX_TITLE, is_required=False)
    if status is not None:
        changes["status"] = validation.choice("status", status, ConversationStatus.values)
    for name, value in changes.items():
        setattr(locked, name, value)
    if changes:
        _save(locked, [*changes, "updated_at"])
        _audit("conversation.changed", user, locked, {"fields": sorted(changes)})
    return locked


@transaction.atomic
def delete_conversation(*, user: User, conversation: Conversation) -> None:
    """Delete a conversation with all that was said in it. Doing it again changes nothing."""
    locked = Conversation.objects.select_for_update().filter(pk=conversation.pk).first()
    if locked is not None:
        _audit("conversation.deleted", user, locked, {"last_seq": locked.last_seq})
        for name in ("conversation-api-detail", "conversation-api-messages"):
            idempotency.forget_answers(reverse(name, args=[locked.pk]))
        history.forget_window(locked)
        locked.delete()


def note(conversation: Conversation, *, title: str = "", intent: str = "") -> None:
    """Give a conversation a title when it has none, and say what it is about now, in the open transaction."""
    rows = Conversation.objects.filter(pk=conversation.pk)
    if title:
        rows.filter(title="").update(title=label(title, MAX_TITLE))
    if intent:
        rows.update(intent=label(intent, 64))


def was_said(conversation: Conversation, platform_message_id: str) -> bool:
    """Say whether a message is there already, under the name that its platform has for it."""
    sent = Message.objects.filter(conversation=conversation, platform_message_id=platform_message_id)
    return bool(platform_message_id) and sent.exists()


def add_metadata(message: Message, known: Mapping[str, Any]) -> None:
    """Write more of what is known about a message that is being stored in the open transaction."""
    message.extra_metadata = {**message.extra_metadata, **storable(dict(known))}
    message.save(update_fields=["extra_metadata"])


def language_of(conversation: Conversation) -> str:
    """Return the language in which its user last wrote; English when they never did."""
    said = Message.objects.filter(conversation=conversation, role=MessageRole.USER).order_by("-seq")
    return said.values_list("language", flat=True).first() or "en"


def conversations_of(user: User) -> QuerySet[Conversation]:
    """Return somebody's conversations, newest first."""
    return Conversation.objects.filter(user=user).order_by("-id")


def find_conversation(user: User, conversation_id: UUID) -> Conversation | None:
    """Return one of somebody's conversations; None where there is none."""
    return conversations_of(user).filter(pk=conversation_id).first()


def messages_of(conversation: Conversation) -> QuerySet[Message]:
    """Return what was said in a conversation, newest first."""
    return Message.objects.filter(conversation=conversation).order_by("-seq")


def search_messages(user: User, words: str) -> QuerySet[Message]:
    """Return which of somebody's newest messages hold all of some words, newest first; none without a word."""
    asked = words.split()[:MAX_WORDS]
    own = Message.objects.filter(conversation__user=user).order_by("-id")
    found = Message.objects.filter(pk__in=own.values("pk")[:SEARCHED]) if asked else own.none()
    for word in asked:
        found = found.filter(content__icontains=word)
    return found.select_related("conversation").order_by("-id")


@transaction.atomic
def note_export(conversation: Conversation, *, to: User) -> None:
    """Write down who took a copy of a conversation along."""
    _audit("conversation.exported", to, conversation)


def _checked_message(
    *, role: str, content: str, platform_message_id: str, cost_usd: Decimal | float = 0, **more: Any
) -> dict[str, Any]:
    """Return a message's fields: what a person or a model said is cleaned where names would be refused."""
    unknown = sorted(set(more) - {*_LABELS, *_DOCUMENTS})
    if unknown:
        raise TypeError(f"unknown: {', '.join(unknown)}")
    validation.number("cost_usd", float(cost_usd), 0, MAX_COST)
    fields: dict[str, Any] = {
        "role": validation.choice("role", role, MessageRole.values),
        "content": validation.within("content", clean(content), MAX_CONTENT),
        "cost_usd": cost_usd,
        "platform_message_id": validation.line("platform_message_id", platform_message_id, 64, is_required=False),
    }
    fields |= {name: label(more[name], most) for name, most in _LABELS.items() if more.get(name)}
    given = {name: storable(more[name]) for name in _DOCUMENTS if name in more}
    return fields | {name: validation.document(name, value, _DOCUMENTS[name]) for name, value in given.items()}


def _save(conversation: Conversation, columns: list[str]) -> None:
    try:
        with transaction.atomic():
            conversation.save(update_fields=columns)
    except IntegrityError:
        raise AppError(
            "conversation.another_active",
            _("Another conversation of this chat goes on already."),
            hint=_("Archive that one first."),
            http_status=409,
        ) from None


def _locked(conversation: Conversation) -> Conversation:
    rows = Conversation.objects.select_for_update(no_key=True, of=("self",)).select_related("user")
    found = rows.filter(pk=conversation.pk).first()
    if found is None:
        raise not_found()
    return found


def _audit(action: str, user: User, conversation: Conversation, details: Mapping[str, object] | None = None) -> None:
    audit.record(action, user=user, resource_type="conversation", resource_id=str(conversation.pk), details=details)
