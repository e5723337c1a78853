"""Sentences that somebody wants remembered."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from agentsite.accounts import idempotency
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import not_found
from audit import services as audit
from memory import validation
from memory.models.fact import MAX_FACT, Fact
from memory.room import MAX_FACTS, check_room

MAX_SOURCE = 500


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
    return Fact.objects.filter(user=user).order_by("-id")


def find_fact(user: User, fact_id: int) -> Fact | None:
    """Return one of somebody's facts; None where there is none."""
    return facts_of(user).filter(pk=fact_id).first()


def _checked(**given: str) -> dict[str, Any]:
    checks = {
        "fact_text": lambda text: validation.prose("fact_text", text, MAX_FACT).strip(),
        "source": lambda text: validation.line("source", text, MAX_SOURCE, is_required=False),
    }
    return {name: checks[name](text) for name, text in given.items()}


def _audit(action: str, user: User, fact: Fact, fields: list[str] | None = None) -> None:
    details = {"fields": fields} if fields else {}
    audit.record(action, user=user, resource_type="fact", resource_id=str(fact.pk), details=details)
