"""Entries, seals and their places, as they are hashed and told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, Min, OuterRef, QuerySet, Subquery
from django.utils import timezone

from audit import verify_export as proof
from audit.leaves import content_of
from audit.models import AuditAnchor, AuditLog, AuditSeal, AuditSealItem, AuditTombstone

AT_ONCE = 1_000
LONGEST_TRANSACTION = timedelta(hours=1)


@dataclass(frozen=True)
class AuditFigures:
    """How far sealing is; ages in seconds, 0 where there is nothing."""

    unsealed: int
    oldest_unsealed_seconds: float
    last_seal_number: int
    last_seal_age_seconds: float
    anchor_pending: int
    """Seals that ``AUDIT_ANCHOR_URL`` has not been told of yet."""


def figures() -> AuditFigures:
    """Return how far sealing is, by two short queries."""
    now = timezone.now()
    told = AuditAnchor.objects.order_by("-number").values("number")[:1]
    last = AuditSeal.objects.order_by("-number").annotate(floor=_floor(), told=Subquery(told)).first()
    waiting = unsealed((last.floor if last else 0) or 0).order_by()
    found = waiting.aggregate(count=Count("pk"), oldest=Min("created_at"))
    oldest: datetime = found["oldest"] or now
    return AuditFigures(
        unsealed=found["count"],
        oldest_unsealed_seconds=max(0.0, (now - oldest).total_seconds()),
        last_seal_number=last.number if last else 0,
        last_seal_age_seconds=max(0.0, (now - last.created_at).total_seconds()) if last else 0.0,
        anchor_pending=last.number - (last.told or 0) if last and settings.AUDIT_ANCHOR_URL else 0,
    )


def all_sealed_up_to() -> int:
    """Return a number up to which nothing can wait any more: looking at all entries each time would take too long.

    A number is given out inside a transaction, and none stays open for an hour.
    """
    newest = AuditSeal.objects.order_by("-number").annotate(floor=_floor()).first()
    return (newest.floor if newest else 0) or 0


def _floor() -> Subquery:
    """Find the last entry of the newest seal that is older than any transaction."""
    old = AuditSeal.objects.filter(created_at__lt=timezone.now() - LONGEST_TRANSACTION).order_by("-created_at")
    items = AuditSealItem.objects.filter(seal=Subquery(old.values("number")[:1])).order_by("-position")
    return Subquery(items.values("entry_id")[:1])


def entries(
    *,
    user_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **exact: str,
) -> QuerySet[AuditLog]:
    """Return somebody's entries, or everybody's, newest first; what is not given narrows nothing.

    :param exact: values of columns.
    """
    found = AuditLog.objects.filter(**exact).order_by("-id")
    if user_id is not None:
        found = found.filter(user_id=user_id)
    # Numbers grow with time, but for open transactions: so a moment bounds the numbers that are looked at.
    if since is not None:
        first = AuditLog.objects.filter(created_at__gte=_moved(since, -LONGEST_TRANSACTION)).order_by("created_at")
        found = found.filter(created_at__gte=since, pk__gte=Subquery(first.values("pk")[:1]))
    if until is not None:
        last = AuditLog.objects.filter(created_at__lt=_moved(until, LONGEST_TRANSACTION)).order_by("-created_at")
        found = found.filter(created_at__lt=until, pk__lte=Subquery(last.values("pk")[:1]))
    return found


def _moved(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:  # the first or the last that there is
        return moment


def last_entry() -> int:
    """Return the number of the last entry; 0 when there is none."""
    return AuditLog.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def as_told(seal: AuditSeal) -> dict[str, object]:
    """Return a seal as it is hashed, signed and exported."""
    return _told(seal, proof.IN_SEAL)


def tombstones() -> list[dict[str, object]]:
    """Return all tombstones as they are signed and exported, oldest first."""
    return [tombstone_as_told(stone) for stone in AuditTombstone.objects.order_by("first_seal")]


def tombstone_as_told(stone: AuditTombstone) -> dict[str, object]:
    """Return a tombstone as it is signed and exported."""
    return _told(stone, proof.ON_TOMBSTONE)


def retired_up_to() -> int:
    """Return the number of the last seal whose entries were retired; 0 when none were."""
    newest = AuditTombstone.objects.order_by("-first_seal").first()
    return newest.last_seal if newest else 0


def unsealed(after: int = 0) -> QuerySet[AuditLog]:
    """Return entries in no seal, in their order: also those with numbers below sealed ones, which came late."""
    is_sealed = Exists(AuditSealItem.objects.filter(entry=OuterRef("pk")))
    return AuditLog.objects.filter(~is_sealed, pk__gt=after).order_by("pk")


def orphans(after: int = 0) -> QuerySet[AuditSealItem]:
    """Return places in seals that there are not."""
    is_there = Exists(AuditSeal.objects.filter(number=OuterRef("seal_id")))
    return AuditSealItem.objects.filter(~is_there, seal_id__gt=after).order_by("seal_id", "position")


def with_rows(seals: QuerySet[AuditSeal]) -> Iterator[tuple[AuditSeal, list[proof.Row]]]:
    """Return seals with their places and the entries that stand there now; small seals are read many at once."""
    for group in _groups(seals):
        rows: dict[int, list[proof.Row]] = {}
        for number, row in _rows(group[0].number, group[-1].number):
            rows.setdefault(number, []).append(row)
        for seal in group:
            yield seal, rows.get(seal.number, [])


def _groups(seals: QuerySet[AuditSeal]) -> Iterator[list[AuditSeal]]:
    group: list[AuditSeal] = []
    for seal in seals.order_by("number").iterator(AT_ONCE):
        group.append(seal)
        if len(group) >= AT_ONCE or sum(each.entry_count for each in group) >= AT_ONCE:
            yield group
            group = []
    if group:
        yield group


def _rows(first: int, last: int) -> Iterator[tuple[int, proof.Row]]:
    between = AuditSealItem.objects.filter(seal_id__gte=first, seal_id__lte=last)
    items = list(between.order_by("seal_id", "position", "entry_id"))
    for start in range(0, len(items), AT_ONCE):
        part = items[start : start + AT_ONCE]
        entries = AuditLog.objects.in_bulk([item.entry_id for item in part])
        for item in part:
            entry = entries.get(item.entry_id)
            leaf, content = (entry.leaf, content_of(entry)) if entry else ("", None)
            yield item.seal_id, proof.Row(item.entry_id, item.position, item.leaf, leaf, content)


def _told(row: AuditSeal | AuditTombstone, names: tuple[str, ...]) -> dict[str, object]:
    values = {name: getattr(row, name) for name in (*names, "signature")}
    return {name: proof.moment(value) if isinstance(value, datetime) else value for name, value in values.items()}
