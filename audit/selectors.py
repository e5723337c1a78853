"""Entries, seals and their places, as they are hashed and told."""

from collections.abc import Iterator, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from audit import verify_export as proof
from audit.leaves import content_of
from audit.models import AuditLog, AuditSeal, AuditSealItem

AT_ONCE = 1_000


def as_told(seal: AuditSeal) -> dict[str, object]:
    """Return a seal as it is hashed, signed and exported."""
    names = ("number", "entry_count", "root_hash", "previous_hash", "key_id", "signature")
    told: dict[str, object] = {name: getattr(seal, name) for name in names}
    return told | {"created_at": proof.moment(seal.created_at)}


def unsealed(after: int = 0) -> QuerySet[AuditLog]:
    """Return entries in no seal, in their order: also those with numbers below sealed ones, which came late."""
    is_sealed = Exists(AuditSealItem.objects.filter(entry=OuterRef("pk")))
    return AuditLog.objects.filter(~is_sealed, pk__gt=after).order_by("pk")


def entries_about(things: Mapping[str, str], *, most: int) -> list[AuditLog]:
    """Return the newest entries about any of some things, given as identifiers by kind."""
    condition = Q()
    for kind, identifier in things.items():
        condition |= Q(resource_type=kind, resource_id=identifier)
    return list(AuditLog.objects.filter(condition).order_by("-id")[:most])


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
