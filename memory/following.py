"""How the vector index follows the table: deletions first, then what is new; every step can be repeated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db.models import Q

from memory.dense import stored_vector
from memory.embeddings import Embedder, EmbedderAway, TextRefused
from memory.engine import Engine
from memory.index import Entry, IndexAway, VectorIndex
from memory.lexical import terms_of
from memory.models.vectors import Collection, VectorMemory, VectorTombstone
from memory.scope import owner_key
from memory.vectors import Vector

BATCH = 200
OnProgress = Callable[[int, int], None]
"""Called with how many passages are done, and how many there were to do."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Followed:
    """How far the index came."""

    added: int = 0
    removed: int = 0
    away: str = ""
    """Why the index could not follow to the end (a dotted code); empty when it did."""


def follow(engine: Engine, on_progress: OnProgress | None = None) -> Followed:
    """Bring the index up to the table; what is not done now stays marked for the next time."""
    added = removed = 0
    total = VectorMemory.objects.filter(is_indexed=False).count() if on_progress else 0
    try:
        while gone := _follow_deletions(engine.index):
            removed += gone
        while new := _follow_additions(engine):
            added += new
            if on_progress:
                on_progress(added, max(added, total))
    except (IndexAway, EmbedderAway) as away:
        log.warning("memory.index.away", reason=away.code, detail=away.detail)
        return Followed(added, removed, away.code)
    return Followed(added, removed)


def find_drift(engine: Engine) -> None:
    """Mark what the index must get again: vectors of another embedder, and collections that lost entries.

    Entries whose rows are gone are taken out: a process can be killed after it added what another deleted meanwhile.

    :raises IndexAway: the index cannot answer.
    """
    wanted = engine.embedder.fingerprint
    is_other = Q(embedding_model__lt=wanted) | Q(embedding_model__gt=wanted)  # two ranges, which an index can answer
    VectorMemory.objects.filter(is_other, is_indexed=True).update(is_indexed=False)
    for name in Collection.values:
        rows = VectorMemory.objects.filter(collection=name, is_indexed=True)
        known, there = rows.count(), engine.index.count(name)
        if known < there:
            _remove_orphans(engine.index, name)
        elif known > there:
            rows.update(is_indexed=False)


def _remove_orphans(index: VectorIndex, collection: str) -> None:
    there = list(index.ids(collection))
    for start in range(0, len(there), BATCH):
        batch = there[start : start + BATCH]
        alive = set(VectorMemory.objects.filter(id__in=batch).values_list("id", flat=True))
        index.delete([entry_id for entry_id in batch if entry_id not in alive])


def start_over(engine: Engine) -> None:
    """Empty the index and forget all vectors, so that following makes them again.

    :raises IndexAway: the index cannot answer; nothing was forgotten.
    """
    engine.index.clear()
    VectorMemory.objects.update(is_indexed=False, embedding=None, embedding_model="", embedding_dimension=0)


def refill(engine: Engine) -> None:
    """Empty the index and mark everything, so that following puts every stored vector in again.

    :raises IndexAway: the index cannot answer; everything is marked.
    """
    VectorMemory.objects.filter(is_indexed=True).update(is_indexed=False)
    engine.index.clear()


def _follow_deletions(index: VectorIndex) -> int:
    ids = list(VectorTombstone.objects.order_by("created_at").values_list("id", flat=True)[:BATCH])
    if ids:
        index.delete(ids)
        VectorTombstone.objects.filter(id__in=ids).delete()
    return len(ids)


def _follow_additions(engine: Engine) -> int:
    rows = list(VectorMemory.objects.filter(is_indexed=False).order_by("id")[:BATCH])
    if not rows:
        return 0
    _embed([row for row in rows if row.embedding_model != engine.embedder.fingerprint], engine.embedder)
    engine.index.add([_entry(row) for row in rows])
    ids = [row.id for row in rows]
    made = VectorMemory.objects.filter(id__in=ids, embedding_model=engine.embedder.fingerprint)
    made.update(is_indexed=True)  # not what somebody took the vectors of meanwhile, to make them again
    alive = set(VectorMemory.objects.filter(id__in=ids).values_list("id", flat=True))
    engine.index.delete([row_id for row_id in ids if row_id not in alive])  # deleted, and followed, while we added
    return len(rows)


def _embed(rows: Sequence[VectorMemory], embedder: Embedder) -> None:
    if not rows:
        return
    vectors = _vectors([f"{row.title}\n{row.content}" for row in rows], embedder)
    _check_dimension(embedder.fingerprint, len(vectors[0]))
    for row, vector in zip(rows, vectors, strict=True):
        row.embedding = vector.astype("<f4").tobytes()
        row.embedding_model = embedder.fingerprint
        row.embedding_dimension = len(vector)
        row.terms = terms_of(row.title, row.source_file, row.content)
    VectorMemory.objects.bulk_update(rows, ["embedding", "embedding_model", "embedding_dimension", "terms"], BATCH)


def _vectors(texts: Sequence[str], embedder: Embedder) -> Vector:
    """Return one row per text; a text that the embedder refuses gets what it makes of nothing, and holds up nobody.

    :raises EmbedderAway: it cannot answer now, or refuses whatever it is given.
    """
    import numpy as np

    try:
        return embedder.embed(texts)
    except TextRefused as refusal:
        if len(texts) == 1:
            log.warning("memory.text_refused", detail=refusal.detail)
            return embedder.embed([""])
    middle = len(texts) // 2
    return np.concatenate([_vectors(texts[:middle], embedder), _vectors(texts[middle:], embedder)])


def _check_dimension(fingerprint: str, dimension: int) -> None:
    """Refuse vectors of another length: a server may have changed what it calls by the same name."""
    known = VectorMemory.objects.filter(embedding_model=fingerprint).values_list("embedding_dimension", flat=True)[:1]
    if list(known) not in ([], [dimension]):
        raise EmbedderAway("other dimension")


def _entry(row: VectorMemory) -> Entry:
    return Entry(row.id, row.collection, owner_key(row.user_id), row.language, stored_vector(row))
