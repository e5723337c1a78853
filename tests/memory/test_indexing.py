"""Storing passages, forgetting them, and how the index follows."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from agentsite.accounts.models import User
from builds.models.build import Build
from memory import engine, selectors, services
from memory.chroma import ChromaIndex
from memory.embeddings import HashingEmbedder
from memory.engine import Engine
from memory.index import Entry, MemoryIndex
from memory.models.vectors import VectorMemory, VectorTombstone
from memory.process_lock import ProcessLock
from memory.services import Document
from memory.tasks import follow_index

ROMAN = Document(
    "roman", "def to_roman(n):\n    return 'I' * n\n\n\ndef from_roman(s):\n    return len(s)\n", "roman.py", "python"
)


def index_roman(build: Build, *, verified: bool = False, document: Document = ROMAN) -> int:
    return services.index_passages(
        user_id=build.user_id, build_id=build.id, collection="code", verified=verified, documents=[document]
    )


def test_a_document_becomes_one_passage_per_function(build: Build) -> None:
    assert index_roman(build) == 2
    assert sorted(VectorMemory.objects.values_list("title", flat=True)) == ["roman: from_roman", "roman: to_roman"]


def test_indexing_again_stores_nothing_but_learns_that_it_was_verified(build: Build) -> None:
    index_roman(build)
    assert index_roman(build, verified=True) == 0
    assert list(VectorMemory.objects.values_list("verified", flat=True)) == [True, True]


def test_a_changed_file_replaces_only_what_changed(build: Build) -> None:
    index_roman(build)
    services.sync_index()
    kept = VectorMemory.objects.get(title="roman: to_roman").id
    changed = Document("roman", ROMAN.text.replace("len(s)", "0"), "roman.py", "python")
    assert index_roman(build, document=changed) == 1
    assert VectorMemory.objects.count() == 2
    assert VectorMemory.objects.filter(id=kept).exists()
    assert VectorTombstone.objects.count() == 1


def test_documents_without_a_file_are_only_added_to(owner: User) -> None:
    for text in ("first", "second"):
        services.index_passages(
            user_id=owner.id, build_id=None, collection="docs", verified=False, documents=[Document("note", text)]
        )
    assert VectorMemory.objects.count() == 2


def test_the_library_holds_a_passage_once(db: None) -> None:
    for _ in range(2):
        services.index_passages(user_id=None, build_id=None, collection="code", verified=True, documents=[ROMAN])
    assert VectorMemory.objects.filter(user=None).count() == 2
    twin = VectorMemory.objects.all()[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        VectorMemory.objects.create(
            collection="code", content_type="code", content="x", source_file="roman.py", content_hash=twin.content_hash
        )


@pytest.mark.django_db(transaction=True)
def test_a_task_brings_what_was_stored_into_the_index(build: Build, memory_engine: Engine) -> None:
    index_roman(build)
    assert follow_index() == "2 passages added, 0 removed"
    assert memory_engine.index.count("code") == 2
    row = VectorMemory.objects.first()
    assert row is not None
    assert (row.is_indexed, row.embedding_model, row.embedding_dimension) == (True, "hashing-2-512", 512)


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_reaches_no_index(build: Build, memory_engine: Engine) -> None:
    with transaction.atomic():
        index_roman(build)
        transaction.set_rollback(True)
    assert memory_engine.index.count("code") == 0


@pytest.mark.django_db(transaction=True)
def test_forgetting_a_build_removes_its_passages_from_the_index(build: Build, memory_engine: Engine) -> None:
    index_roman(build)
    follow_index()
    assert services.forget_build(build.id) == 2
    assert follow_index() == "0 passages added, 2 removed"
    assert memory_engine.index.count("code") == 0
    assert not VectorTombstone.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_an_account_leaves_tombstones_that_the_index_follows(
    build: Build, owner: User, memory_engine: Engine
) -> None:
    index_roman(build)
    follow_index()
    owner.delete()
    assert VectorTombstone.objects.count() == 2
    assert services.sync_index().removed == 2
    assert memory_engine.index.count("code") == 0


@pytest.mark.django_db(transaction=True)
def test_an_index_that_is_away_fails_nobody_and_catches_up(build: Build, tmp_path: Path) -> None:
    elsewhere = ProcessLock(tmp_path / "agentsite.lock")
    assert elsewhere.acquire()
    index = ChromaIndex("hashing-2-512", directory=tmp_path)
    with engine.using(Engine(HashingEmbedder(), index)):
        assert index_roman(build) == 2
        assert selectors.index_health().reason == "memory.index.locked"
        assert services.sync_index().away == services.rebuild_index().away == "memory.index.locked"
        elsewhere.release()
        index.close()  # forgets that it was away just now
        assert services.sync_index().added == 2
        assert selectors.index_health() == selectors.IndexHealth(
            is_available=True, engine="Chroma on disk", embedder="hashing-2-512"
        )
    index.close()


class RacingIndex(MemoryIndex):
    """An index during whose slow ``add`` another process deletes the rows and follows their deletion."""

    def add(self, entries: Sequence[Entry]) -> None:
        VectorMemory.objects.all().delete()
        self.delete(list(VectorTombstone.objects.values_list("id", flat=True)))
        VectorTombstone.objects.all().delete()
        super().add(entries)


def test_what_is_deleted_while_it_is_added_does_not_stay_in_the_index(build: Build) -> None:
    index_roman(build)
    with engine.using(Engine(HashingEmbedder(), RacingIndex(512))) as racing:
        services.sync_index()
        assert racing.index.count("code") == 0


def test_a_lost_index_is_filled_again(build: Build, memory_engine: Engine) -> None:
    index_roman(build)
    services.sync_index()
    memory_engine.index.clear()
    assert services.sync_index().added == 2
    assert services.sync_index().added == 0


def test_what_a_kill_left_in_the_index_without_its_row_is_taken_out(build: Build, memory_engine: Engine) -> None:
    index_roman(build)
    services.sync_index()
    VectorTombstone.objects.all().delete()
    with connection.cursor() as cursor:  # as if the tombstone had been followed before a killed process added it
        cursor.execute("DELETE FROM memory_vectormemory WHERE title = 'roman: to_roman'")
    services.sync_index()
    assert set(memory_engine.index.ids("code")) == set(VectorMemory.objects.values_list("id", flat=True))
    assert memory_engine.index.count("code") == 1


def test_another_embedder_makes_every_vector_again(build: Build) -> None:
    index_roman(build)
    services.sync_index()
    with engine.using(Engine(HashingEmbedder(256), MemoryIndex(256))) as other:
        assert services.sync_index().added == 2
        assert other.index.count("code") == 2
    assert set(VectorMemory.objects.values_list("embedding_dimension", flat=True)) == {256}


def test_rebuilding_reports_progress_and_takes_orphans_out(build: Build, memory_engine: Engine) -> None:
    index_roman(build)
    services.sync_index()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM memory_vectormemory WHERE title = 'roman: to_roman'")
    seen: list[tuple[int, int]] = []
    services.rebuild_index(lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]
    assert memory_engine.index.count("code") == 1


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"user_id": None}, ValueError),
        ({"user_id": True}, TypeError),
        ({"user_id": "1"}, TypeError),
        ({"collection": "secrets"}, ValueError),
        ({"documents": [Document("a", "b", content_type="virus")]}, ValueError),
        ({"documents": [ROMAN] * 1001}, ValueError),
    ],
)
def test_what_makes_no_sense_is_refused(build: Build, wrong: dict[str, object], error: type[Exception]) -> None:
    given: dict[str, object] = {
        "user_id": build.user_id,
        "build_id": build.id,
        "collection": "code",
        "documents": [ROMAN],
    }
    with pytest.raises(error, match=r"memory\."):
        services.index_passages(verified=False, **(given | wrong))  # type: ignore[arg-type]


def test_text_that_databases_refuse_is_stored_without_the_refused(owner: User) -> None:
    document = Document("a\0b", "c\0d\ud800", "e\0.txt", "x" * 99)
    services.index_passages(user_id=owner.id, build_id=None, collection="docs", verified=False, documents=[document])
    row = VectorMemory.objects.get()
    assert (row.title, row.content, row.source_file, len(row.language)) == ("ab", "cd?", "e.txt", 32)
