"""The audit log as JSON lines, which ``audit/verify_export.py`` checks without this server."""

import json
from collections.abc import Iterator
from typing import IO

from django.utils import timezone

from audit import signing
from audit import verify_export as proof
from audit.leaves import content_of
from audit.models import AuditLog, AuditSeal
from audit.selectors import AT_ONCE, as_told, orphans, tombstones, unsealed, with_rows


def write_export(target: IO[str], *, until: int = 0) -> int:
    """Write everything, a line at a time, and return how many entries that were.

    :param until: the seal to end with; 0 for all.
    """
    count = 0
    for line in _lines(until):
        count += line["kind"] in {"entry", "unsealed"}
        target.write(json.dumps(line, ensure_ascii=False) + "\n")
    target.write(json.dumps({"kind": "end", "entries": count}) + "\n")
    return count


def _lines(until: int) -> Iterator[dict[str, object]]:
    yield _head(until)
    seals = AuditSeal.objects.filter(number__lte=until) if until else AuditSeal.objects.all()
    for seal, rows in with_rows(seals):
        yield {"kind": "seal", **as_told(seal)}
        yield from map(entry_line, rows)
    if until:
        return
    for entry in unsealed().iterator(AT_ONCE):
        yield _unsealed_line(entry)
    for item in orphans().iterator(AT_ONCE):
        yield {"kind": "orphan", "id": item.entry_id, "seal": item.seal_id}


def _head(until: int) -> dict[str, object]:
    about = {"format": 1, "made_at": proof.moment(timezone.now()), "keys": signing.known_keys()}
    return {"kind": "head", **about, "tombstones": tombstones(), **({"until": until} if until else {})}


def entry_line(row: proof.Row) -> dict[str, object]:
    """Return what is written of a sealed entry."""
    places = {"kind": "entry", "id": row.entry, "position": row.position}
    return places | {"sealed_leaf": row.leaf, "leaf": row.stored_leaf, "content": row.content}


def _unsealed_line(entry: AuditLog) -> dict[str, object]:
    return {"kind": "unsealed", "id": entry.pk, "leaf": entry.leaf, "content": content_of(entry)}
