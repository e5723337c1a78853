"""Writing to memory. The rows are stored in the caller's transaction; the vector index follows and may be away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from threading import Lock
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from agentsite.accounts.models import User
from agentsite.common import hints
from audit import services as audit
from audit.models import Category
from memory import engine, following, queue
from memory.chunking import Chunk, chunks
from memory.following import Followed, OnProgress
from memory.index import IndexAway
from memory.lexical import terms_of
from memory.models.vectors import Collection, ContentType, VectorMemory
from memory.texts import clean, language_name

MAX_DOCUMENTS = 1_000
_CATCHING_UP = Lock()


@dataclass(frozen=True)
class Document:
    """A text to be cut into passages; ``language`` is a programming language, empty where the text serves any."""

    title: str
    text: str
    source_file: str = ""
    language: str = ""
    content_type: str = ContentType.CODE.value


def index_passages(
    *,
    user_id: int | None,
    build_id: UUID | None,
    collection: str,
    verified: bool,
    documents: Sequence[Document],
) -> int:
    """Store documents as passages and return how many of them are new; the same again stores nothing.

    A document that names its source file replaces what this owner, build and collection had of that file. The index
    follows on commit; when it is away the passages wait for it and can be found by their words meanwhile.

    :param user_id: the owner; None is the shared library, which everybody may read.
    :raises TypeError: the owner is not a user's id.
    :raises ValueError: a build without an owner, an unknown collection or kind of content, too many documents.
    """
    _check(user_id, build_id, collection, documents)
    return store(Prepared(user_id, build_id, collection, verified, _by_file(documents)))


@dataclass(frozen=True)
class Prepared:
    """Passages of whole documents, cut and ready to be stored."""

    user_id: int | None
    build_id: UUID | None
    collection: str
    verified: bool
    by_file: Mapping[str, Mapping[str, VectorMemory]]
    """Passages by their content's hash, by the file that they stand in."""

    @property
    def count(self) -> int:
        """Return how many passages there are."""
        return sum(map(len, self.by_file.values()))


def prepare(*, user_id: int, collection: str, documents: Sequence[Document]) -> Prepared:
    """Cut an owner's documents outside of any transaction, which that would hold open for long."""
    _check(user_id, None, collection, documents)
    return Prepared(user_id, None, collection, False, _by_file(documents))


@transaction.atomic
def store(prepared: Prepared) -> int:
    """Store prepared passages and return how many of them are new; as ``index_passages`` does."""
    shelf = _shelf(prepared.user_id, prepared.build_id, prepared.collection)
    stored = 0
    in_order = sorted(prepared.by_file.items())  # the same for all, so that no two who store wait for each other
    for file, wanted in in_order:
        for row in wanted.values():
            row.user_id, row.build_id = prepared.user_id, prepared.build_id
            row.collection, row.verified = prepared.collection, prepared.verified
        stored += _store(shelf, file, wanted, is_verified=prepared.verified)
    follow_on_commit()
    return stored


def _by_file(documents: Sequence[Document]) -> dict[str, dict[str, VectorMemory]]:
    by_file: dict[str, dict[str, VectorMemory]] = {}
    for document in documents:
        held = by_file.setdefault(clean(document.source_file, 500), {})
        held.update({row.content_hash: row for row in rows_of(document)})
    return by_file


def forget_build(build_id: UUID) -> int:
    """Delete all passages of a build and return how many there were; the index follows on commit."""
    with transaction.atomic():
        _, deleted = VectorMemory.objects.filter(build_id=build_id).delete()
        follow_on_commit()
    return deleted.get("memory.VectorMemory", 0)


def sync_index(on_progress: OnProgress | None = None) -> Followed:
    """Bring the index up to the table, also after a new embedder or a lost directory.

    It counts whole collections: for the start of the server, a command and a slow beat, not for a request.
    """
    now = engine.current()
    try:
        following.find_drift(now)
    except IndexAway as away:
        return Followed(away=away.code)
    return following.follow(now, on_progress)


def catch_up() -> Followed:
    """Let the index follow what it could not take when it was stored, unless this process is at it already.

    When nothing waits it costs two small queries.
    """
    if not _CATCHING_UP.acquire(blocking=False):  # a slow embedder must not take one thread after the other
        return Followed()
    try:
        return following.follow(engine.current())
    finally:
        _CATCHING_UP.release()


@transaction.atomic
def request_reindex(*, user: User) -> int:
    """Let the index get every passage again, in the background and while it goes on answering; return how many."""
    count = VectorMemory.objects.filter(is_indexed=True).update(is_indexed=False)
    audit.record("memory.reindex_requested", user=user, details={"passages": count}, category=Category.SYSTEM)
    follow_on_commit()
    return count


def rebuild_index(on_progress: OnProgress | None = None) -> Followed:
    """Make all vectors and the index again; interrupted, ``sync_index`` goes on where it stopped."""
    now = engine.current()
    with transaction.atomic():
        audit.record("memory.rebuild_begun", user=None, category=Category.SYSTEM)
    try:
        following.start_over(now)
    except IndexAway as away:
        return Followed(away=away.code)
    return following.follow(now, on_progress)


def refill_index(on_progress: OnProgress | None = None) -> Followed:
    """Make the index again from the vectors that are stored, as after a restore; interrupted, it goes on later.

    What is marked stays marked when the index is away, so that it follows as soon as it is back.
    """
    now = engine.current()
    try:
        following.refill(now)
    except IndexAway as away:
        return Followed(away=away.code)
    return following.follow(now, on_progress)


def follow_on_commit() -> None:
    """Ask for the index to follow when the open transaction is over."""
    hints.after_commit(queue.announce)


def _check(user_id: int | None, build_id: UUID | None, collection: str, documents: Sequence[Document]) -> None:
    if user_id is not None and type(user_id) is not int:  # True would be user 1
        raise TypeError("memory.owner_required")
    if build_id is not None and user_id is None:
        raise ValueError("memory.build_without_owner")
    if collection not in Collection.values:
        raise ValueError("memory.unknown_collection")
    if any(document.content_type not in ContentType.values for document in documents):
        raise ValueError("memory.unknown_content_type")
    if len(documents) > MAX_DOCUMENTS:
        raise ValueError("memory.too_many_documents")


def _shelf(user_id: int | None, build_id: UUID | None, collection: str) -> QuerySet[VectorMemory]:
    owner = Q(user__isnull=True) if user_id is None else Q(user_id=user_id)
    build = Q(build__isnull=True) if build_id is None else Q(build_id=build_id)
    return VectorMemory.objects.filter(owner, build, collection=collection)


def rows_of(document: Document) -> Iterable[VectorMemory]:
    """Yield the passages of a document, without an owner and a shelf, and not stored yet."""
    title, source_file = clean(document.title, 255), clean(document.source_file, 500)
    is_code = document.content_type in {ContentType.CODE, ContentType.TEST}
    text, language = clean(document.text), language_name(document.language)
    for chunk in chunks(text, language=language, source_file=source_file, is_code=is_code):
        row = VectorMemory(title=_title(title, chunk), content=chunk.text, content_type=document.content_type)
        row.source_file, row.language = source_file, language
        row.terms = terms_of(row.title, source_file, row.content)
        row.content_hash = _hash(row.title, language, document.content_type, row.content)
        yield row


def _store(shelf: QuerySet[VectorMemory], file: str, wanted: Mapping[str, VectorMemory], *, is_verified: bool) -> int:
    """Make the shelf hold exactly the wanted passages of a file; of no file in particular, at least them."""
    there = shelf.filter(source_file=file) if file else shelf.filter(source_file="", content_hash__in=list(wanted))
    existing = dict(there.values_list("content_hash", "id"))
    shelf.filter(id__in=[row_id for digest, row_id in existing.items() if digest not in wanted]).delete()
    there.exclude(verified=is_verified).update(verified=is_verified)
    new = [row for digest, row in wanted.items() if digest not in existing]
    VectorMemory.objects.bulk_create(new, ignore_conflicts=True)  # another worker may store the same just now
    return shelf.filter(id__in=[row.id for row in new]).count()


def _title(title: str, chunk: Chunk) -> str:
    return ": ".join(part for part in (title, chunk.title) if part)[:255]


def _hash(*parts: str) -> str:
    return sha256("\0".join(parts).encode()).hexdigest()
