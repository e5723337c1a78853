"""What builds were shown is written down, and comes back as a signal of the same owner alone."""

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds import library
from builds.models.build import Build
from builds.states import State, Verification
from memory import engine, excluding, retrieval, services, uses
from memory.citing import cites
from memory.embeddings import HashingEmbedder
from memory.engine import Engine
from memory.index import MemoryIndex
from memory.models.usage import PassageUse
from memory.models.vectors import VectorMemory
from memory.scope import Scope
from memory.vectors import Vector
from tests.memory.conftest import Store, a_build

pytestmark = pytest.mark.engine_in_part


class Broken(HashingEmbedder):
    """An embedder with a fault that nobody thought of."""

    def embed_query(self, text: str) -> Vector:
        raise ZeroDivisionError(text)


ROMAN = "def to_roman(number):\n    numerals = table_of_numerals()\n    return ''.join(numerals)\n"


def shown(build: Build, query: str = "roman numerals") -> list[str]:
    found = library.BuildRetriever(build).passages(query, language="python", budget_tokens=1_000)
    return [passage.text for passage in found]


def ended(build: Build, verification: Verification) -> None:
    build.status, build.verification, build.completed_at = State.COMPLETED, verification, timezone.now()
    build.save()


def test_a_build_is_shown_what_its_owner_has_and_that_is_written_down(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    assert shown(build) == [ROMAN.strip()]
    use = PassageUse.objects.get()
    assert (use.build, use.user, use.rank, use.passage) == (build, build.user, 1, VectorMemory.objects.get())
    assert use.score == pytest.approx(sum(use.parts.values()))
    assert use.is_cited is None


def test_what_fits_much_less_than_the_best_is_not_shown(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    store(build.user, "def numerals_in_a_completely_different_sense(): return [1, 2, 3]")
    assert shown(build, "write an integer to_roman numerals table_of_numerals") == [ROMAN.strip()]


def test_asking_again_after_a_kill_writes_it_down_once(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    assert shown(build) == shown(build)
    assert PassageUse.objects.count() == 1


def test_a_search_is_on_record_without_its_words(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    shown(build, "roman numerals, and a secret of mine")
    entry = AuditLog.objects.get(action="memory.searched")
    assert (entry.user, entry.details["door"], entry.details["found"]) == (build.user, f"build:{build.id}", 1)
    assert "secret" not in str(vars(entry))


def test_a_fault_in_memory_fails_no_build(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    with engine.using(Engine(Broken(), MemoryIndex(512))):
        assert shown(build) == []


def test_a_build_without_memory_is_shown_nothing(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    build.use_memory = False
    assert shown(build) == []
    assert not PassageUse.objects.exists()


def test_a_passage_or_a_whole_build_can_be_kept_out_of_one_build(build: Build, owner: User, store: Store) -> None:
    source = a_build(owner)
    store(owner, ROMAN)
    store(owner, "def roman_numerals_too(): pass", build_id=source.id)
    assert len(shown(build)) == 2
    build.excluded_memory = [str(source.id)]
    assert shown(build) == [ROMAN.strip()]
    build.excluded_memory.append(str(VectorMemory.objects.get(build=None).id))
    assert shown(build) == []


def test_what_the_owner_excluded_is_found_but_not_shown_to_builds(build: Build, owner: User, store: Store) -> None:
    store(owner, ROMAN)
    passage = VectorMemory.objects.get()
    for _ in range(2):
        excluding.set_passage_excluded(user=owner, passage=passage, is_excluded=True)
    assert shown(build) == []
    assert retrieval.search(Scope(owner.id), "roman numerals")[0].is_excluded
    excluding.set_passage_excluded(user=owner, passage=passage, is_excluded=False)
    assert shown(build) == [ROMAN.strip()]
    kept = AuditLog.objects.filter(action__startswith="memory.passage_").order_by("id")
    assert [entry.action for entry in kept] == ["memory.passage_excluded", "memory.passage_included"]


def test_a_passage_of_the_library_is_excluded_for_one_reader_alone(
    build: Build, owner: User, stranger: User, store: Store
) -> None:
    store(None, ROMAN)
    excluding.set_passage_excluded(user=stranger, passage=VectorMemory.objects.get(), is_excluded=True)
    assert shown(build) == [ROMAN.strip()]
    assert shown(a_build(stranger)) == []


def test_a_whole_build_can_be_excluded_with_what_it_leaves_later(build: Build, owner: User, store: Store) -> None:
    source = a_build(owner)
    excluding.set_build_excluded(user=owner, build_id=source.id, is_excluded=True)
    store(owner, ROMAN, build_id=source.id)
    assert shown(build) == []


def test_a_passage_that_was_in_verified_builds_rises(owner: User, store: Store) -> None:
    for text in ("def helped(): 'roman numerals'", "def failed(): 'roman numerals'"):
        store(owner, text)
    for verification, name in ((Verification.VERIFIED, "helped"), (Verification.UNVERIFIED, "failed")):
        for _ in range(3):
            build = a_build(owner)
            hits = [hit for hit in retrieval.search(Scope(owner.id), "roman numerals") if name in hit.text]
            uses.record(owner.id, build.id, hits)
            ended(build, verification)
    assert ["helped" in hit.text for hit in retrieval.search(Scope(owner.id), "roman numerals")] == [True, False]


def test_what_others_builds_came_to_says_nothing_here(owner: User, stranger: User, store: Store) -> None:
    store(None, ROMAN)
    theirs = a_build(stranger)
    uses.record(stranger.id, theirs.id, retrieval.search(Scope(stranger.id), "roman numerals"))
    ended(theirs, Verification.VERIFIED)
    assert retrieval.search(Scope(owner.id), "roman numerals")[0].parts["helpfulness"] == 0
    assert retrieval.search(Scope(stranger.id), "roman numerals")[0].parts["helpfulness"] > 0


def test_quality_in_use_counts_what_was_taken_over_and_proved(build: Build, owner: User, store: Store) -> None:
    store(owner, ROMAN)
    store(owner, "def from_roman(text): 'roman numerals, the other way'")
    shown(build)
    ended(build, Verification.VERIFIED)
    assert uses.quality() == (0, 0, 0), "not settled yet"
    uses.settle(build.id, [VectorMemory.objects.get(content__contains="to_roman").id])
    assert uses.quality() == (2, 1, 2)


def test_a_build_that_still_runs_says_nothing_yet(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    shown(build)
    assert uses.counts(build.user_id, [VectorMemory.objects.get().id]) == {}


def test_what_stands_in_the_delivered_code_counts_as_cited() -> None:
    assert cites(f"import re\n\n{ROMAN}\nprint(to_roman(4))", ROMAN)
    assert not cites("def other():\n    return 5", ROMAN)
    assert not cites(ROMAN, ROMAN + "\n".join(f"    another_line_of_it({n})" for n in range(20)))


def test_a_deleted_passage_leaves_its_name_where_it_was_used(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    shown(build)
    VectorMemory.objects.all().delete()
    use = PassageUse.objects.get()
    assert (use.passage, use.title) == (None, "module: to_roman")


def test_deleting_a_build_takes_what_it_was_shown_along(build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    shown(build)
    services.forget_build(build.id)
    build.delete()
    assert not PassageUse.objects.exists()
