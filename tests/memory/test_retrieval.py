"""Finding passages, and saying why they were found."""

from pathlib import Path

import pytest

from agentsite.accounts.models import User
from builds.models.build import Build
from memory import engine, retrieval, services
from memory.chroma import ChromaIndex
from memory.embeddings import Embedder, HashingEmbedder
from memory.engine import Engine
from memory.index import MemoryIndex
from memory.ranking import DENSE, LEXICAL
from memory.scope import Scope
from memory.services import Document
from tests.memory.conftest import Store

pytestmark = pytest.mark.engine_in_part


class Renamed:
    """An embedder under another one's name, as a server may serve another model by the same name."""

    def __init__(self, inner: Embedder, fingerprint: str) -> None:
        self.fingerprint, self.embed, self.embed_query = fingerprint, inner.embed, inner.embed_query


LIBRARY = {
    "roman.py": "def to_roman(number):\n    '''Write an integer as a Roman numeral.'''\n    return numeral\n",
    "csv_summary.py": "def summarise(path):\n    '''Read a CSV file and add up its columns.'''\n    return totals\n",
    "token_bucket.py": "class TokenBucket:\n    '''Limit how often callers may act per second.'''\n",
    "slugify.py": "def slugify(title):\n    '''Make a short URL part out of a headline.'''\n",
    "leap_years.py": "def is_leap(year):\n    '''Say whether February has 29 days.'''\n",
}


@pytest.fixture
def library(db: None) -> None:
    documents = [Document(name.removesuffix(".py"), text, name, "python") for name, text in LIBRARY.items()]
    services.index_passages(user_id=None, build_id=None, collection="code", verified=True, documents=documents)
    services.sync_index()


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("converting integers into Roman numerals", "roman.py"),
        ("sum the columns in a csv", "csv_summary.py"),
        ("rate limiter with tokens per second", "token_bucket.py"),
        ("turn a headline into a slug for the URL", "slugify.py"),
        ("which years are leap years", "leap_years.py"),
    ],
)
def test_a_paraphrase_finds_its_passage_first(owner: User, query: str, wanted: str) -> None:
    assert retrieval.search(Scope(owner.id), query)[0].source_file == wanted


@pytest.mark.usefixtures("library")
def test_a_hit_says_where_it_came_from_and_why(owner: User) -> None:
    hit = retrieval.search(Scope(owner.id), "Roman numeral")[0]
    assert (hit.source, hit.is_shared, hit.is_verified, hit.is_lexical_only) == ("library:roman.py", True, True, False)
    assert hit.score == pytest.approx(sum(hit.parts.values()))
    assert [hit.parts["dense"], hit.parts["lexical"]] == pytest.approx([DENSE, LEXICAL])
    assert hit.parts["verified"] > 0
    assert hit.similarity is not None
    assert hit.similarity > 0.3


@pytest.mark.usefixtures("library")
def test_without_its_index_search_goes_by_words_and_says_so(owner: User, tmp_path: Path) -> None:
    away = ChromaIndex("hashing-2-512", directory=tmp_path, url="http://127.0.0.1:9")
    with engine.using(Engine(HashingEmbedder(), away)):
        hit = retrieval.search(Scope(owner.id), "Roman numerals")[0]
    assert (hit.source_file, hit.is_lexical_only, hit.similarity) == ("roman.py", True, None)
    assert [hit.parts["dense"], hit.parts["lexical"]] == pytest.approx([0, LEXICAL])


def test_passages_are_found_by_words_before_the_index_has_followed(build: Build) -> None:
    services.index_passages(
        user_id=build.user_id,
        build_id=build.id,
        collection="docs",
        verified=False,
        documents=[Document("notes", "The Zürich timetable, Расписание поездов", content_type="documentation")],
    )
    for query in ("ZÜRICH", "расписание"):
        hit = retrieval.search(Scope(build.user_id), query)[0]
        assert (hit.source, hit.similarity) == (f"build:{build.id}", None)


@pytest.mark.usefixtures("library")
def test_collections_and_language_narrow_the_search(owner: User, store: Store) -> None:
    store(owner, "function toRoman(number) { return numeral }", language="javascript")
    store(owner, "Roman numerals anywhere", language="")
    found = retrieval.search(Scope(owner.id, language="JavaScript"), "Roman numeral")
    assert {hit.language for hit in found} == {"javascript", ""}
    assert retrieval.search(Scope(owner.id, ("docs",)), "Roman numeral") == []


@pytest.mark.usefixtures("library")
def test_the_number_of_hits_is_limited(owner: User) -> None:
    assert len(retrieval.search(Scope(owner.id), "number year title", limit=2)) == 2
    assert retrieval.search(Scope(owner.id), "number", limit=-1) == []


@pytest.mark.usefixtures("library")
def test_vectors_of_another_length_are_not_compared(owner: User, build: Build, store: Store) -> None:
    store(owner, "def roman(): 'numeral'", build_id=build.id)
    short = Renamed(HashingEmbedder(256), HashingEmbedder().fingerprint)
    with engine.using(Engine(short, MemoryIndex(256))):
        assert retrieval.search(Scope(owner.id), "Roman numeral")
        assert retrieval.search(Scope(owner.id, build_id=build.id), "Roman numeral")[0].similarity is None


@pytest.mark.parametrize("query", ["", "  \n", "\0"])
def test_an_empty_query_finds_nothing(owner: User, query: str) -> None:
    assert retrieval.search(Scope(owner.id), query) == []


@pytest.mark.usefixtures("library")
def test_what_does_not_fit_the_budget_is_passed_over(owner: User, store: Store) -> None:
    store(owner, "roman numeral " * 100)
    hits = retrieval.search(Scope(owner.id), "roman numeral")
    chosen = retrieval.within_budget(hits, 60)
    assert chosen
    assert sum(len(f"{hit.title}\n{hit.text}") for hit in chosen) <= 240
    assert [hit for hit in hits if hit in chosen] == chosen
    assert retrieval.within_budget(hits, 0) == []


def test_own_passages_are_not_crowded_out_by_a_large_library(owner: User, store: Store) -> None:
    store(owner, "def roman(): 'my very own numeral'")
    documents = [Document("roman", f"roman numeral roman numeral {n}", f"{n}.txt") for n in range(300)]
    services.index_passages(user_id=None, build_id=None, collection="code", verified=True, documents=documents)
    services.sync_index()
    hits = retrieval.search(Scope(owner.id), "my very own roman numeral", limit=1)
    assert not hits[0].is_shared
