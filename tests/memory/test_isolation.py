"""Nobody finds what somebody else owns, whatever they ask for and whatever the index says."""

from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from agentsite.accounts.models import User
from builds.models.build import Build
from memory import engine, retrieval, services
from memory.engine import Engine
from memory.index import Match, MemoryIndex, Where
from memory.models.vectors import Collection, ContentType, VectorMemory
from memory.scope import Scope
from memory.services import Document
from memory.vectors import Vector
from tests.memory.conftest import Store

pytestmark = pytest.mark.engine

CANARY = "canary-7f3a9e51"
relaxed = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class LyingIndex(MemoryIndex):
    """An index that forgot every filter."""

    def query(self, vector: Vector, where: Where, k: int) -> list[Match]:  # noqa: ARG002  the port's signature
        return [Match(1.0, row_id) for row_id in VectorMemory.objects.values_list("id", flat=True)[:k]]


def test_a_stranger_finds_nothing_and_the_owner_does(owner: User, stranger: User, store: Store) -> None:
    store(owner, f"secret = '{CANARY}'")
    assert retrieval.search(Scope(stranger.id), f"secret {CANARY}") == []
    assert CANARY in retrieval.search(Scope(owner.id), f"secret {CANARY}")[0].text


def test_the_library_is_everybodys(owner: User, stranger: User, store: Store) -> None:
    store(None, "def shared_recipe(): pass")
    for person in (owner, stranger):
        assert len(retrieval.search(Scope(person.id), "shared recipe")) == 1


def test_an_index_that_lies_shows_nobody_anything(owner: User, stranger: User, store: Store) -> None:
    store(owner, f"secret = '{CANARY}'")
    with engine.using(Engine(engine.current().embedder, LyingIndex(512))):
        assert retrieval.search(Scope(stranger.id), "something else") == []
        assert len(retrieval.search(Scope(owner.id), "something else")) == 1


HOSTILE = st.text(st.characters(exclude_categories=()), max_size=40)  # halves of surrogate pairs included


@relaxed
@given(query=HOSTILE, language=st.none() | HOSTILE, stored=HOSTILE)
@example(query="\0", language="\0", stored="\0").via("PostgreSQL refuses NUL")
@example(query="\ud800", language="\ud800", stored="\ud800").via("UTF-8 has no such thing")
def test_no_text_and_no_filter_reaches_across(
    owner: User, stranger: User, query: str, language: str | None, stored: str
) -> None:
    documents = [
        Document(f"{stored} {query}", f"{stored} {query} {CANARY}", f"{stored}.py", language or ""),
        Document(f"user:{stranger.id}", f"library {query}", f"user:{stranger.id}", f"user:{stranger.id}"),
    ]
    services.index_passages(user_id=owner.id, build_id=None, collection="code", verified=False, documents=documents)
    services.sync_index()
    assert retrieval.search(Scope(stranger.id, language=language), f"{query} {CANARY}") == []
    VectorMemory.objects.all().delete()


@relaxed
@given(
    shelves=st.sets(st.sampled_from(Collection.values), min_size=1),
    kinds=st.sets(st.sampled_from(ContentType.values)),
    language=st.none() | st.sampled_from(["python", "javascript", ""]),
    names_a_build=st.booleans(),
    without=st.sets(st.uuids(), max_size=3),
    for_builds=st.booleans(),
)
def test_no_combination_of_filters_shows_what_is_anothers(
    build: Build,
    stranger: User,
    shelves: set[str],
    kinds: set[str],
    language: str | None,
    names_a_build: bool,  # noqa: FBT001  hypothesis gives it by name
    without: set[UUID],
    for_builds: bool,  # noqa: FBT001
) -> None:
    documents = [
        Document("canary", f"secret = '{CANARY}'", f"{name}.py", "python", name) for name in ContentType.values
    ]
    services.index_passages(
        user_id=build.user_id, build_id=build.id, collection="code", verified=True, documents=documents
    )
    scope = Scope(
        stranger.id,
        tuple(shelves),
        language,
        tuple(kinds),
        build.id if names_a_build else None,
        frozenset(without),
        for_builds,
    )
    with engine.using(Engine(engine.current().embedder, LyingIndex(512))):
        assert retrieval.search(scope, f"secret {CANARY}") == []


@pytest.mark.parametrize("user_id", [None, True, "1", "1 OR 1=1", {"$ne": 0}, [1], 1.0, UUID(int=1), b"1"])
def test_there_is_no_search_without_an_owner(user_id: Any) -> None:
    with pytest.raises(TypeError, match=r"memory\.owner_required"):
        Scope(user_id)


@pytest.mark.parametrize("collections", [(), ("secrets",), ("code", {"$ne": ""}), ("code' OR 1=1",)])
def test_only_known_collections_can_be_searched(collections: Any) -> None:
    with pytest.raises(ValueError, match=r"memory\.unknown_collection"):
        Scope(1, collections)


def test_a_language_is_text_and_never_an_operator() -> None:
    hostile: Any = {"$ne": ""}
    with pytest.raises(TypeError, match=r"memory\.language_is_text"):
        Scope(1, ("code",), hostile)
