"""Verifying the audit log in the database, by the rules in ``audit.verify_export``."""

from django.utils import timezone

from audit import anchors, signing
from audit import verify_export as proof
from audit.leaves import content_of
from audit.models import AuditSeal, AuditSealItem
from audit.selectors import AT_ONCE, as_told, orphans, tombstones, unsealed, with_rows

MOST_SEALS = 5_000
"""So many seals at most, when not all are looked at: on a quiet server each holds an entry or two."""


def verify(*, last_entries: int | None = None) -> proof.Walk:
    """Look at every seal and entry, and return what was found.

    :param last_entries: look only at the newest seals, up to about so many entries.
    """
    first = _first_seal(last_entries) if last_entries is not None else None
    before = AuditSeal.objects.filter(number__lt=first.number).order_by("-number").first() if first else None
    walk = proof.Walk(signing.is_signed, anchors.read(), as_told(before) if before else None, tombstones())
    now, start = timezone.now(), before.number if before else 0
    for seal, rows in with_rows(AuditSeal.objects.filter(number__gt=start)):
        walk.see(as_told(seal), rows)
    for item in orphans(start).iterator(AT_ONCE):
        walk.see_orphan(item.entry_id, item.seal_id)
    for entry in unsealed(_first_entry(first) if before else 0).iterator(AT_ONCE):
        walk.see_unsealed(entry.pk, entry.leaf, content_of(entry), now)
    walk.end()
    return walk


def _first_seal(last_entries: int) -> AuditSeal | None:
    """Return the oldest of the newest seals that have about so many entries."""
    first, total = None, 0
    for seal in AuditSeal.objects.order_by("-number")[:MOST_SEALS]:
        first, total = seal, total + seal.entry_count
        if total >= last_entries:
            break
    return first


def _first_entry(first: AuditSeal | None) -> int:
    item = AuditSealItem.objects.filter(seal=first, position=0).first() if first else None
    return item.entry_id if item else 0
