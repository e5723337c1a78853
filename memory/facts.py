"""Sentences that somebody wants remembered, or has said."""

import hashlib
import re
from typing import Any, TypedDict

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Length
from django.urls import reverse

from agentsite.accounts import idempotency
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import AppError, not_found
from audit import services as audit
from memory import validation
from memory.models.fact import MAX_FACT, Fact
from memory.models.message import Message
from memory.room import MAX_FACTS, check_room

MAX_SOURCE = 500
_SHOWN = ("user_id", "fact_text", "source", "message_id", "noted_as", "created_at")
_ROOM = 40
"""By how many characters two sentences that say the same may differ in length."""
_NO_LETTERS = re.compile(r"[^\w]+")


class Origin(TypedDict):
    """Where a fact was said."""

    source: str
    message: Message | None


@transaction.atomic
def add_fact(*, user: User, fact_text: str, source: str = "") -> Fact:
    """Store a sentence; ``source`` says in words where it is from.

    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer; ``memory.full``.
    """
    refuse_viewers(user)
    fields = _checked(fact_text=fact_text, source=source)
    check_room(facts_of(user), MAX_FACTS)
    fact = Fact.objects.create(user=user, **fields)
    _audit("fact.added", user, fact)
    return fact


@transaction.atomic
def note_fact(
    *, user: User, fact_text: str, source: str, message: Message | None, is_strict: bool = False
) -> Fact | None:
    """Store a sentence that somebody said; None when it is kept already, whatever its case and its punctuation.

    :param is_strict: refuse what can't be kept; otherwise it is left out.
    :raises AppError: as for :func:`add_fact`.
    """
    try:
        refuse_viewers(user)
        fields = _checked(fact_text=fact_text, source=source[:MAX_SOURCE])
        check_room(facts_of(user), MAX_FACTS)
    except AppError:
        if is_strict:
            raise
        return None
    plain = _plain(fields["fact_text"])
    if any(_plain(text) == plain for text in _alike(user, fields["fact_text"])):
        return None
    name = hashlib.sha256(plain.encode()).hexdigest()
    fact, is_new = Fact.objects.get_or_create(user=user, noted_as=name, defaults={**fields, "message": message})
    if is_new:
        _audit("fact.noted", user, fact)
    return fact if is_new else None


@transaction.atomic
def change_fact(*, user: User, fact: Fact, **changes: str) -> Fact:
    """Change ``fact_text`` or ``source``; what is left out stays.

    :raises AppError: ``request.invalid``; ``request.not_found`` when it was deleted at this moment.
    """
    refuse_viewers(user)
    locked = Fact.objects.select_for_update(no_key=True).filter(pk=fact.pk).first()
    if locked is None:
        raise not_found()
    fields = _checked(**changes)
    for name, value in fields.items():
        setattr(locked, name, value)
    if fields:
        locked.save(update_fields=list(fields))
        _audit("fact.changed", user, locked, sorted(fields))
    return locked


@transaction.atomic
def delete_fact(*, user: User, fact: Fact) -> None:
    """Delete a sentence. Doing it again changes nothing."""
    locked = Fact.objects.select_for_update().filter(pk=fact.pk).first()
    if locked is not None:
        _audit("fact.deleted", user, locked)
        idempotency.forget_answers(reverse("fact-api-detail", args=[locked.pk]))
        locked.delete()


def facts_of(user: User) -> QuerySet[Fact]:
    """Return somebody's facts, newest first."""
    rows = Fact.objects.filter(user=user).order_by("-id").select_related("message")
    return rows.only(*_SHOWN, "message__conversation_id", "message__seq")


def find_fact(user: User, fact_id: int) -> Fact | None:
    """Return one of somebody's facts; None where there is none."""
    return facts_of(user).filter(pk=fact_id).first()


def _checked(**given: str) -> dict[str, Any]:
    checks = {
        "fact_text": lambda text: validation.prose("fact_text", text, MAX_FACT).strip(),
        "source": lambda text: validation.line("source", text, MAX_SOURCE, is_required=False),
    }
    return {name: checks[name](text) for name, text in given.items()}


def _alike(user: User, text: str) -> QuerySet[Fact, str]:
    """Return those of somebody's facts that could say the same."""
    sized = Fact.objects.filter(user=user).annotate(size=Length("fact_text"))
    return sized.filter(size__gte=len(text) - _ROOM, size__lte=len(text) + _ROOM).values_list("fact_text", flat=True)


def _plain(text: str) -> str:
    return _NO_LETTERS.sub(" ", text.casefold()).strip()


def _audit(action: str, user: User, fact: Fact, fields: list[str] | None = None) -> None:
    details = {"fields": fields} if fields else {}
    audit.record(action, user=user, resource_type="fact", resource_id=str(fact.pk), details=details)
