"""What builds were shown, and whether it helped: written by builds, read by the ranking and by pages."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, Q, QuerySet, Value, When
from django.utils import timezone

from memory.models.usage import PassageUse

if TYPE_CHECKING:
    from memory.retrieval import Hit

VERIFIED = "verified"
MAX_USES = 20


class Seen(NamedTuple):
    """In how many of an owner's builds a passage was in the context, and how many of those were verified."""

    shown: int = 0
    helped: int = 0


def record(user_id: int, build_id: UUID, hits: Sequence["Hit"]) -> None:
    """Keep what a build is shown; a build that retrieves again is shown the last ones alone."""
    with transaction.atomic():
        PassageUse.objects.filter(build_id=build_id).delete()
        PassageUse.objects.bulk_create(
            PassageUse(
                user_id=user_id,
                build_id=build_id,
                passage_id=hit.id,
                rank=rank,
                score=hit.score,
                parts=dict(hit.parts),
                title=hit.title,
                source=hit.source,
            )
            for rank, hit in enumerate(hits, start=1)
        )


def settle(build_id: UUID, cited: Sequence[UUID]) -> None:
    """Keep which of the passages that a build was shown stand in what it delivered."""
    is_cited = Case(When(passage_id__in=list(cited), then=Value(True)), default=Value(False))
    PassageUse.objects.filter(build_id=build_id).update(is_cited=is_cited)


def counts(user_id: int, passage_ids: Sequence[UUID]) -> Mapping[UUID, Seen]:
    """Return what came of passages in this owner's builds that have ended; others' builds say nothing here."""
    ended = PassageUse.objects.filter(user_id=user_id, passage_id__in=passage_ids, build__completed_at__isnull=False)
    helped = Count("id", filter=Q(build__verification=VERIFIED))
    found = ended.order_by().values("passage_id").annotate(shown=Count("id"), helped=helped)
    return {row["passage_id"]: Seen(row["shown"], row["helped"]) for row in found if row["passage_id"]}


class InUse(NamedTuple):
    """How shown passages did, of builds that have completed."""

    shown: int
    cited: int
    in_verified: int


def quality(*, days: int = 30) -> InUse:
    """Return how often what was shown lately was taken over, and how often its build was verified."""
    since = timezone.now() - timedelta(days=days)
    lately = PassageUse.objects.filter(created_at__gte=since, is_cited__isnull=False)
    return InUse(
        **lately.aggregate(
            shown=Count("id"),
            cited=Count("id", filter=Q(is_cited=True)),
            in_verified=Count("id", filter=Q(build__verification=VERIFIED)),
        )
    )


def of_passage(user_id: int, passage_id: UUID) -> Sequence[PassageUse]:
    """Return in which of an owner's builds a passage was in the context, the last of them first."""
    uses = PassageUse.objects.filter(user_id=user_id, passage_id=passage_id).select_related("build")
    return list(uses.order_by("-id")[:MAX_USES])


def of_build(build_id: UUID) -> QuerySet[PassageUse]:
    """Return what a build was shown, in the order in which it was shown."""
    return PassageUse.objects.filter(build_id=build_id).order_by("rank")
