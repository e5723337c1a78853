"""What is remembered of somebody by key: kept, or proposed until its user keeps it. Expired ones are never read."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse

from agentsite.accounts import idempotency
from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import not_found
from audit import services as audit
from memory import validation
from memory.models.memory import Memory, MemoryQuerySet, MemoryType
from memory.room import MAX_MEMORIES, check_room

MAX_KEY = 200
BATCH = 1_000
_FOR_PROMPTS = (MemoryType.PREFERENCE, MemoryType.LEARNING)


@transaction.atomic
def remember(*, user: User, memory_type: str, key: str, value: Any, **more: Any) -> tuple[Memory, bool]:
    """Keep something under its type and key, instead of what was there; say whether nothing was.

    :param more: ``importance`` (0.5), ``expires_at`` and ``source_build_id`` (none).
    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer; ``memory.full``.
    """
    name, fields = _checked(user, memory_type=memory_type, key=key, value=value, **more)
    memory, is_new = Memory.objects.update_or_create(**name, defaults=fields | {"is_proposed": False})
    _audit("memory.kept", user, memory, {"is_new": is_new})
    return memory, is_new


@transaction.atomic
def propose(*, user: User, memory_type: str, key: str, value: Any, **more: Any) -> tuple[Memory, bool]:
    """Offer something to be kept, instead of an earlier proposal; what is kept already stays as it is.

    :param more: as of ``remember``.
    :raises AppError: ``request.invalid``; ``request.forbidden`` for a viewer; ``memory.full``.
    """
    name, fields = _checked(user, memory_type=memory_type, key=key, value=value, **more)
    memory, is_new = Memory.objects.get_or_create(**name, defaults=fields | {"is_proposed": True})
    proposed = Memory.objects.select_for_update(no_key=True).filter(pk=memory.pk, is_proposed=True).first()
    if proposed is None:  # kept before, or by its user at this moment
        memory.refresh_from_db()
        return memory, False
    if not is_new:
        _write(proposed, fields)
    _audit("memory.proposed", user, proposed, {"is_new": is_new})
    return proposed, is_new


@transaction.atomic
def keep(*, user: User, memory: Memory) -> Memory:
    """Keep a proposal; one that is kept already stays as it is.

    :raises AppError: ``request.not_found`` when it was deleted or has expired at this moment.
    """
    refuse_viewers(user)
    locked = _locked(memory)
    if locked.is_proposed:
        _write(locked, {"is_proposed": False})
        _audit("memory.kept", user, locked, {"is_new": False})
    return locked


@transaction.atomic
def change(*, user: User, memory: Memory, **changes: Any) -> Memory:
    """Change ``value``, ``importance`` or ``expires_at``; what is left out stays. A proposal stays one.

    :raises AppError: ``request.invalid``; ``request.not_found`` when it was deleted at this moment.
    """
    refuse_viewers(user)
    locked = _locked(memory)
    fields = _checked_fields(changes)
    if fields:
        _write(locked, fields)
        _audit("memory.changed", user, locked, {"fields": sorted(fields)})
    return locked


@transaction.atomic
def forget(*, user: User, memory: Memory) -> None:
    """Delete a memory, kept or proposed. Doing it again changes nothing."""
    locked = Memory.objects.select_for_update().filter(pk=memory.pk).first()
    if locked is not None:
        _audit("memory.forgotten", user, locked)
        idempotency.forget_answers(reverse("memory-api-detail", args=[locked.pk]))
        locked.delete()


def memories_of(user: User) -> MemoryQuerySet:
    """Return somebody's memories that have not expired, newest first."""
    return Memory.objects.filter(user=user).unexpired().order_by("-id")


def find_memory(user: User, memory_id: UUID) -> Memory | None:
    """Return one of somebody's memories; None where there is none, or it has expired."""
    return memories_of(user).filter(pk=memory_id).first()


def for_prompt(user_id: int, limit: int) -> list[Memory]:
    """Return what a model may be told of somebody: kept preferences and learnings, most important first."""
    kept = Memory.objects.filter(user_id=user_id, is_proposed=False, memory_type__in=_FOR_PROMPTS).unexpired()
    return list(kept.order_by("-importance", "-id")[: max(0, limit)])


def delete_expired() -> int:
    """Delete what has expired, in batches, each a transaction of its own; return how many."""
    count = 0
    while ids := list(Memory.objects.expired().order_by().values_list("pk", flat=True)[:BATCH]):
        count += Memory.objects.expired().filter(pk__in=ids).delete()[0]
    return count


def _checked(
    user: User, *, memory_type: str, key: str, value: Any, source_build_id: UUID | None = None, **more: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what names a memory, and what it holds; an expired one of that name goes, for it is not there."""
    refuse_viewers(user)
    name = {
        "user": user,
        "memory_type": validation.choice("memory_type", memory_type, MemoryType.values),
        "key": validation.line("key", key, MAX_KEY),
    }
    fields = _checked_fields({"importance": 0.5, "expires_at": None} | more | {"value": value})
    Memory.objects.filter(**name).expired().delete()
    if not Memory.objects.filter(**name).exists():
        check_room(Memory.objects.filter(user=user), MAX_MEMORIES)
    return name, fields | {"source_build_id": source_build_id}


def _checked_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[Any], Any]] = {
        "value": lambda value: validation.document("value", value),
        "importance": lambda share: validation.number("importance", share, 0, 1),
        "expires_at": lambda moment: validation.to_come("expires_at", moment),
    }
    return {name: checks[name](value) for name, value in given.items()}


def _locked(memory: Memory) -> Memory:
    found = Memory.objects.select_for_update(no_key=True).filter(pk=memory.pk).unexpired().first()
    if found is None:
        raise not_found()
    return found


def _write(memory: Memory, fields: Mapping[str, Any]) -> None:
    for name, value in fields.items():
        setattr(memory, name, value)
    memory.save(update_fields=[name.removesuffix("_id") for name in fields] + ["updated_at"])


def _audit(action: str, user: User, memory: Memory, details: Mapping[str, object] | None = None) -> None:
    told = {"memory_type": memory.memory_type} | dict(details or {})  # neither key nor value: both are content
    audit.record(action, user=user, resource_type="memory", resource_id=str(memory.pk), details=told)
