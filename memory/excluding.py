"""Keeping passages out of the context of one's builds, and letting them in again."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import not_found
from audit import services as audit
from memory.models.exclusion import Exclusion
from memory.models.vectors import VectorMemory


@transaction.atomic
def set_passage_excluded(*, user: User, passage: VectorMemory, is_excluded: bool) -> None:
    """Keep a passage that one may read out of one's own builds, or let it in again; the same again changes nothing.

    :raises AppError: ``request.forbidden`` for a viewer.
    """
    refuse_viewers(user)
    if _set(user, is_excluded, passage_id=passage.id):
        _audit(user, is_excluded, "passage", passage.id)


@transaction.atomic
def set_build_excluded(*, user: User, build_id: UUID, is_excluded: bool) -> None:
    """Keep what a build left, now and later, out of one's own builds, or let it in again.

    The caller has seen to it that the build is the user's.

    :raises AppError: ``request.forbidden`` for a viewer.
    """
    refuse_viewers(user)
    if _set(user, is_excluded, build_id=build_id):
        _audit(user, is_excluded, "build", build_id)


def is_build_excluded(user: User, build_id: UUID) -> bool:
    """Say whether somebody keeps what a build left out of their builds."""
    return Exclusion.objects.filter(user=user, build_id=build_id).exists()


def _set(user: User, is_excluded: bool, **named: Any) -> bool:  # noqa: FBT001  passed on
    if is_excluded:
        try:
            with transaction.atomic():
                return Exclusion.objects.get_or_create(user=user, **named)[1]
        except IntegrityError:  # it was deleted at this moment
            raise not_found() from None
    return Exclusion.objects.filter(user=user, **named).delete()[0] > 0


def _audit(user: User, is_excluded: bool, kind: str, resource_id: UUID) -> None:  # noqa: FBT001  passed on
    action = f"memory.{kind}_{'excluded' if is_excluded else 'included'}"
    audit.record(action, user=user, resource_type=kind, resource_id=str(resource_id))
