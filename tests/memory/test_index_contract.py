"""What every vector index promises; Chroma runs for real, on disk and as a server."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from agentsite.common.ids import uuid7
from memory.chroma import EXACT_UP_TO, ChromaIndex
from memory.index import Entry, IndexAway, MemoryIndex, VectorIndex, Where
from memory.vectors import Vector

SIZE = 8
EVERYWHERE = ("code", "docs")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = Path(sys.executable).with_name("chroma")
    if not program.exists():
        pytest.skip("the chroma program is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        str(program),
        "run",
        "--path",
        str(tmp_path_factory.mktemp("server")),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as process:
        url = f"http://127.0.0.1:{port}"
        wait_for_chroma(url)
        yield url
        process.kill()


def wait_for_chroma(url: str) -> None:
    """Wait until a server answers."""
    for _ in range(200):
        try:
            httpx.get(f"{url}/api/v2/heartbeat").raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the Chroma server did not start")


@pytest.fixture(params=["memory", "disk", "server"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    made: VectorIndex
    if request.param == "memory":
        made = MemoryIndex(SIZE)
    else:
        url = request.getfixturevalue("server") if request.param == "server" else ""
        made = ChromaIndex("test", directory=tmp_path, url=url)
        made.clear()
    yield made
    made.close()


def towards(axis: int, lean: float = 0.0) -> Vector:
    vector = np.zeros(SIZE)
    vector[axis], vector[(axis + 1) % SIZE] = 1.0, lean
    return unit(vector)


def unit(direction: NDArray[np.float64]) -> Vector:
    return (direction / np.linalg.norm(direction)).astype(np.float32)


def entry(vector: Vector, owner: str = "user:1", collection: str = "code", language: str = "python") -> Entry:
    return Entry(uuid7(), collection, owner, language, vector)


def found(index: VectorIndex, where: Where, k: int = 10) -> list[UUID]:
    return [match.id for match in index.query(towards(0), where, k)]


def test_the_nearest_come_first_with_their_cosine(index: VectorIndex) -> None:
    far, near = entry(towards(1)), entry(towards(0, 0.5))
    index.add([far, near])
    matches = index.query(towards(0), Where(("user:1",), EVERYWHERE), 10)
    assert [match.id for match in matches] == [near.id, far.id]
    assert [match.similarity for match in matches] == pytest.approx([0.894, 0.0], abs=1e-3)


def test_at_most_k_are_returned(index: VectorIndex) -> None:
    index.add([entry(towards(0)), entry(towards(1)), entry(towards(2))])
    assert len(found(index, Where(("user:1",), EVERYWHERE), k=2)) == 2


def test_the_entries_of_a_collection_can_be_told(index: VectorIndex) -> None:
    mine, theirs, elsewhere = entry(towards(0)), entry(towards(1), "user:2"), entry(towards(0), collection="docs")
    index.add([mine, theirs, elsewhere])
    assert set(index.ids("code")) == {mine.id, theirs.id}
    assert list(index.ids("practices")) == []


def test_only_the_named_owners_are_seen(index: VectorIndex) -> None:
    mine, shared, theirs = (entry(towards(0), owner) for owner in ("user:1", "library", "user:11"))
    index.add([mine, shared, theirs])
    assert set(found(index, Where(("user:1", "library"), EVERYWHERE))) == {mine.id, shared.id}


def test_only_the_named_collections_are_seen(index: VectorIndex) -> None:
    code, docs = entry(towards(0)), entry(towards(0), collection="docs")
    index.add([code, docs])
    assert found(index, Where(("user:1",), ("docs",))) == [docs.id]
    assert (index.count("code"), index.count("docs"), index.count("practices")) == (1, 1, 0)


def test_a_language_lets_its_own_and_the_unnamed_through(index: VectorIndex) -> None:
    python, script, any_language = (entry(towards(0), language=name) for name in ("python", "javascript", ""))
    index.add([python, script, any_language])
    assert set(found(index, Where(("user:1",), EVERYWHERE, "python"))) == {python.id, any_language.id}


def test_adding_again_replaces(index: VectorIndex) -> None:
    first = entry(towards(1))
    index.add([first])
    index.add([Entry(first.id, "code", "user:1", "python", towards(0))])
    assert index.count("code") == 1
    assert index.query(towards(0), Where(("user:1",), EVERYWHERE), 1)[0].similarity == pytest.approx(1.0, abs=1e-5)


def test_deleting_takes_out_and_ignores_the_unknown(index: VectorIndex) -> None:
    kept, gone = entry(towards(0)), entry(towards(0), collection="docs")
    index.add([kept, gone])
    index.delete([gone.id, uuid7()])
    assert found(index, Where(("user:1",), EVERYWHERE)) == [kept.id]


def test_clearing_leaves_nothing_and_the_index_usable(index: VectorIndex) -> None:
    index.add([entry(towards(0))])
    index.clear()
    assert found(index, Where(("user:1",), EVERYWHERE)) == []
    index.add([entry(towards(0))])
    assert index.count("code") == 1


def test_vectors_of_another_size_are_refused(index: VectorIndex) -> None:
    index.add([entry(towards(0))])
    with pytest.raises(IndexAway, match=r"memory\.index\.failed"):
        index.add([Entry(uuid7(), "code", "user:1", "python", np.ones(SIZE + 1, np.float32))])


def test_a_query_of_another_size_is_refused(index: VectorIndex) -> None:
    index.add([entry(towards(0))])
    with pytest.raises(IndexAway, match=r"memory\.index\.failed"):
        index.query(np.ones(SIZE + 1, np.float32), Where(("user:1",), EVERYWHERE), 1)


def test_more_passages_than_are_compared_one_by_one_give_good_matches(index: VectorIndex) -> None:
    noise = np.random.default_rng(2).normal(size=(EXACT_UP_TO * 2, SIZE))
    entries = [entry(unit(row)) for row in noise]
    index.add(entries)
    best = sorted(entries, key=lambda one: -float(one.vector @ towards(0)))[:10]
    assert len({one.id for one in best} & set(found(index, Where(("user:1",), EVERYWHERE)))) >= 8


OWNERS = st.one_of(
    st.sampled_from(["user:1", "user:12", "user: 1", "library", "$in", '{"$ne": ""}', "user:1' OR '1'='1", "%", "*"]),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20),
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(OWNERS, OWNERS), min_size=1, max_size=4), OWNERS, OWNERS)
def test_no_owner_or_language_however_strange_opens_what_is_anothers(
    index: VectorIndex, stored: list[tuple[str, str]], owner: str, language: str
) -> None:
    entries = [entry(towards(0), stored_owner, language=stored_for) for stored_owner, stored_for in stored]
    index.add(entries)
    seen = set(found(index, Where((owner,), EVERYWHERE, language)))
    index.delete([one.id for one in entries])
    assert seen == {one.id for one in entries if one.owner == owner and one.language in {language, ""}}


@pytest.mark.parametrize("owners", [(), ("",), ("user:1", "")])
def test_a_query_without_an_owner_cannot_be_made(owners: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"memory\.owner_required"):
        Where(owners, EVERYWHERE)


@pytest.fixture
def on_disk(tmp_path: Path) -> Iterator[Callable[..., ChromaIndex]]:
    made: list[ChromaIndex] = []

    def make(fingerprint: str = "test") -> ChromaIndex:
        made.append(ChromaIndex(fingerprint, directory=tmp_path / "chroma"))
        return made[-1]

    yield make
    for index in made:
        index.close()
    shutil.rmtree(tmp_path)


def test_the_longest_name_an_embedder_may_have_is_taken(on_disk: Callable[..., ChromaIndex]) -> None:
    assert on_disk("x" * 64).count("conversations") == 0


def test_chroma_on_disk_remembers(on_disk: Callable[..., ChromaIndex]) -> None:
    first, kept = on_disk(), entry(towards(0))
    first.add([kept])
    first.close()
    assert found(on_disk(), Where(("user:1",), EVERYWHERE)) == [kept.id]


def test_vectors_of_two_embedders_never_meet_but_are_deleted_together(on_disk: Callable[..., ChromaIndex]) -> None:
    old, kept = on_disk("old"), uuid7()
    old.add([Entry(kept, "code", "user:1", "python", np.eye(4, dtype=np.float32)[0])])
    old.close()
    new = on_disk("new")
    assert found(new, Where(("user:1",), EVERYWHERE)) == []
    new.delete([kept])
    new.close()
    assert on_disk("old").count("code") == 0


def test_the_best_of_a_few_are_all_found_beside_thousands_of_others(on_disk: Callable[..., ChromaIndex]) -> None:
    random, size = np.random.default_rng(1), 256
    centre = random.normal(size=size)
    index = on_disk("wide")
    index.add([entry(unit(centre + random.normal(size=size) / 5), "user:2") for _ in range(5_000)])
    mine = [entry(unit(random.normal(size=size))) for _ in range(100)]
    index.add(mine)
    best = sorted(mine, key=lambda one: -float(one.vector @ unit(centre)))[:40]
    matches = index.query(unit(centre), Where(("user:1",), EVERYWHERE), 40)
    assert {match.id for match in matches} == {one.id for one in best}
