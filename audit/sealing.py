"""Sealing: entries in batches under a Merkle root, each seal signed and chained to the one before (ADR 18)."""

from collections.abc import Sequence
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from audit import anchors, copying, signing
from audit import verify_export as proof
from audit.leaves import leaf_of
from audit.models import AuditLog, AuditSeal, AuditSealItem
from audit.selectors import all_sealed_up_to, as_told, unsealed

LOOK_SECONDS = 15.0
APART_SECONDS = 40.0
"""Between two seals; with the time between two looks no entry waits a minute."""
MOST_SEALS = 50
"""In one turn; what waits beyond is sealed in the next."""
_LOCK = 0x6175646974  # "audit"
_AT_ONCE = 2_000


def seal_due() -> int:
    """Seal what waits, if the last time is long enough ago, and return how many entries that were."""
    newest = AuditSeal.objects.order_by("-number").first()
    if newest and timezone.now() - newest.created_at < timedelta(seconds=APART_SECONDS):
        return 0
    return seal_all()


def seal_all() -> int:
    """Seal what waits, and return how many entries that were; nothing while another process does."""
    after, total = all_sealed_up_to(), 0
    if not unsealed(after).exists():
        return 0
    for _ in range(MOST_SEALS):
        seal = _seal_next(after)
        if seal is None:
            break
        anchors.add(seal)
        total += seal.entry_count
        after = seal.items.aggregate(last=Max("entry_id"))["last"]
        if seal.entry_count < proof.MOST_IN_SEAL:
            break
    copying.catch_up()
    return total


@transaction.atomic
def _seal_next(after: int) -> AuditSeal | None:
    if not _is_alone():
        return None
    waiting = [(entry, leaf or _leaf_of(entry)) for entry, leaf in _first_waiting(after)]
    if not waiting:
        return None
    seal = _signed([leaf for _, leaf in waiting])
    seal.save(force_insert=True)
    places = enumerate(waiting)
    items = [AuditSealItem(entry_id=entry, seal=seal, position=place, leaf=leaf) for place, (entry, leaf) in places]
    AuditSealItem.objects.bulk_create(items, batch_size=_AT_ONCE)
    return seal


def _first_waiting(after: int) -> QuerySet[AuditLog, tuple[int, str]]:
    return unsealed(after).values_list("pk", "leaf")[: proof.MOST_IN_SEAL]


def _leaf_of(entry: int) -> str:
    return leaf_of(AuditLog.objects.get(pk=entry))


def _signed(leaves: Sequence[str]) -> AuditSeal:
    before = AuditSeal.objects.order_by("-number").first()
    seal = AuditSeal(
        number=before.number + 1 if before else 1,
        entry_count=len(leaves),
        root_hash=proof.root(leaves),
        previous_hash=proof.seal_hash(as_told(before)) if before else proof.NOTHING_BEFORE,
        key_id=signing.key_id(),
        created_at=timezone.now(),
    )
    seal.signature = signing.sign(proof.signed_part(as_told(seal)))
    return seal


def _is_alone() -> bool:
    """Say whether no other process seals until this transaction ends; SQLite lets one write at a time anyway."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_LOCK])
        row = cursor.fetchone()
    return bool(row and row[0])
