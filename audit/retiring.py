"""Retention: entries of the oldest seals go as a whole, and a signed tombstone tells of them (ADR 19)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Min, QuerySet
from django.utils import timezone

from agentsite.common import acting
from audit import anchors, append_only, services, signing
from audit import verify_export as proof
from audit.models import AuditLog, AuditSeal, AuditSealItem, AuditTombstone, Category, Severity
from audit.selectors import as_told, retired_up_to, tombstone_as_told, with_rows

_IN_RANGE = "SELECT entry_id FROM audit_auditsealitem WHERE seal_id BETWEEN %s AND %s"
_REMOVALS = (
    f"DELETE FROM audit_auditlog WHERE id IN ({_IN_RANGE})",  # noqa: S608  names of ours
    "DELETE FROM audit_auditsealitem WHERE seal_id BETWEEN %s AND %s",
)


class CannotRetire(RuntimeError):
    """Why nothing was removed, as a sentence for who keeps the server."""


@dataclass(frozen=True)
class Batch:
    """The seals whose entries may go, all from the oldest on that still has some."""

    first_seal: int
    last_seal: int
    entry_count: int

    @property
    def seals(self) -> QuerySet[AuditSeal]:
        """Return the seals, oldest first."""
        return AuditSeal.objects.filter(number__range=(self.first_seal, self.last_seal)).order_by("number")


def batch_before(moment: datetime) -> Batch | None:
    """Return what is sealed, anchored and wholly older than a moment; None where nothing is."""
    first = retired_up_to() + 1
    whole = AuditSeal.objects.filter(number__gte=first, number__lte=_anchored_up_to(), created_at__lt=moment)
    last = whole.aggregate(last=Max("number"))["last"]
    if last is None:
        return None
    inside = AuditSealItem.objects.filter(seal_id__gte=first, seal_id__lte=last)
    newer = inside.filter(entry__created_at__gte=moment).aggregate(first=Min("seal_id"))["first"]
    last = min(last, newer - 1) if newer else last
    count = inside.filter(seal_id__lte=last).count()
    return Batch(first, last, count) if last >= first else None


def verify(batch: Batch) -> None:
    """Look at every entry that is to go: what was tampered with stays as evidence.

    :raises CannotRetire: with the first fault.
    """
    before = AuditSeal.objects.filter(number=batch.first_seal - 1).first()
    walk = proof.Walk(signing.is_signed, anchors.read(), as_told(before) if before else None)
    for seal, rows in with_rows(batch.seals):
        walk.see(as_told(seal), rows)
    if walk.findings:
        raise CannotRetire(f"nothing is removed that is not as it was written: {walk.findings[0].text}")


@transaction.atomic
def retire(batch: Batch, *, by: str, export_hash: str = "") -> AuditTombstone:
    """Remove the entries of a batch, leave a tombstone and write that down, or none of it.

    :param by: who asked for it.
    :raises CannotRetire: the database has no role for it, or holds something else than was found before.
    """
    stone = _tombstone(batch, by, export_hash)
    with _may_remove():
        stone.save(force_insert=True)
        with connection.cursor() as cursor:
            for removal in _REMOVALS:
                cursor.execute(removal, [batch.first_seal, batch.last_seal])
                if cursor.rowcount != stone.entry_count:
                    raise CannotRetire("the entries are not those that were found before: try again.")
    _record(stone)
    return stone


def _record(stone: AuditTombstone) -> None:
    told = {"first_seal": stone.first_seal, "last_seal": stone.last_seal, "entries": stone.entry_count}
    services.record(
        "audit.retired",
        user=None,
        resource_type="tombstone",
        resource_id=str(stone.first_seal),
        details={**told, "by": stone.retired_by, "export": stone.export_hash},
        category=Category.COMPLIANCE,
        severity=Severity.WARNING,
    )


def _tombstone(batch: Batch, by: str, export_hash: str) -> AuditTombstone:
    entries = AuditLog.objects.filter(sealed__seal_id__gte=batch.first_seal, sealed__seal_id__lte=batch.last_seal)
    moments = entries.aggregate(first=Min("created_at"), last=Max("created_at"))
    stone = AuditTombstone(
        first_seal=batch.first_seal,
        last_seal=batch.last_seal,
        entry_count=sum(batch.seals.values_list("entry_count", flat=True)),
        root_hash=proof.root(batch.seals.values_list("root_hash", flat=True)),
        first_moment=moments["first"],
        last_moment=moments["last"],
        retired_by=by[:150],
        export_hash=export_hash,
        key_id=signing.key_id(),
        created_at=timezone.now(),
    )
    stone.signature = signing.sign(proof.signed_part(tombstone_as_told(stone)))
    return stone


@contextmanager
def _may_remove() -> Iterator[None]:
    """Remove as the one role that may; SQLite knows none, so the triggers are down until the transaction ends."""
    if connection.vendor != "postgresql":
        append_only.take_down(connection, *append_only.RETIRED)
        yield
        append_only.put_up(connection, *append_only.RETIRED)
        return
    if not acting.has_roles(connection, acting.RETENTION):
        name = acting.role_name(connection, acting.RETENTION)
        raise CannotRetire(
            f"the database has no role {name}: let the login of manage.py prepare create roles, and run it again."
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.retiring', 'on', true)")
    with acting.acting(acting.Actor(acting.RETENTION)):
        yield


def _anchored_up_to() -> int:
    """Return the last seal that was told outside the database as it is now: it covers all before."""
    told = anchors.told_anywhere()
    for number in sorted(told, reverse=True):
        seal = AuditSeal.objects.filter(number=number).first()
        if seal and proof.seal_hash(as_told(seal)) in told[number]:
            return number
    return 0
