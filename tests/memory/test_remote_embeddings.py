"""Embedders over HTTP: what is sent, and that whatever goes wrong is told briefly and passes by itself."""

import json
import socket
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from celery.exceptions import Ignore

from agentsite.accounts.models import User
from memory import engine, remote_embeddings, retrieval, services
from memory.embeddings import Embedder, EmbedderAway, HashingEmbedder
from memory.engine import Engine
from memory.index import MemoryIndex
from memory.models.vectors import VectorMemory
from memory.remote_embeddings import OllamaEmbedder, OpenAIEmbedder
from memory.scope import Scope
from memory.tasks import follow_index
from tests.memory.conftest import Store
from tests.stand_ins.embedding_server import EmbeddingServer
from tests.stand_ins.webhook_receiver import Answer, drip, endless, hang_up, raw, reset, status

KEY = "sk-very-secret-key"
PAUSE = 0.2


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        yield running


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_embeddings, "PAUSE_SECONDS", PAUSE)
    monkeypatch.setattr(remote_embeddings, "QUERY_SECONDS", 0.5)


@pytest.fixture(params=["ollama", "openai"])
def embedder(request: pytest.FixtureRequest, server: EmbeddingServer) -> Embedder:
    if request.param == "ollama":
        return OllamaEmbedder("nomic-embed-text", f"{server.base_url}/")
    return OpenAIEmbedder("text-embedding-3-small", f"{server.base_url}/v1", KEY)


def away(embedder: Embedder) -> EmbedderAway:
    with pytest.raises(EmbedderAway) as caught:
        embedder.embed_query("roman")
    return caught.value


def test_many_texts_go_in_batches(server: EmbeddingServer, embedder: Embedder) -> None:
    embedder.embed([str(number) for number in range(150)])
    assert [len(texts) for texts in server.inputs] == [64, 64, 22]


def test_nomic_is_told_queries_from_passages(server: EmbeddingServer) -> None:
    for name in ("nomic-embed-text:v1.5", "nomic-ai/nomic-embed-text-v1.5"):
        embedder = OllamaEmbedder(name, server.base_url)
        embedder.embed_query("roman")
        embedder.embed(["def to_roman"])
        assert server.inputs[-2:] == [["search_query: roman"], ["search_document: def to_roman"]]


def test_blank_texts_are_sent_as_something_and_long_ones_cut(server: EmbeddingServer) -> None:
    OpenAIEmbedder("model", f"{server.base_url}/v1", "").embed(["", " \0\n", "x" * 9_999])
    assert server.inputs == [["-", "-", "x" * 2_000]]


def test_the_key_goes_to_openais_protocol_alone(server: EmbeddingServer, embedder: Embedder) -> None:
    embedder.embed_query("roman")
    is_openai = server.requests[0].path == "/v1/embeddings"
    assert server.requests[0].headers.get("authorization") == (f"Bearer {KEY}" if is_openai else None)


def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, server: EmbeddingServer, embedder: Embedder
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    embedder.embed_query("roman")
    assert len(server.requests) == 1


def shown(vectors: object) -> bytes:
    """Write an answer that both protocols read."""
    rows = vectors if isinstance(vectors, list) else [vectors]
    return json.dumps({"embeddings": rows, "data": [{"index": 0, "embedding": row} for row in rows]}).encode()


@pytest.mark.parametrize(
    ("fault", "detail"),
    [
        (status(429, b"slow down", Retry_After="1"), "429"),
        (status(401, b"wrong key sk-very-secret-key"), "401"),
        (status(404, b'{"error": "model not found"}'), "404"),
        (status(500), "500"),
        (status(302, Location="http://127.0.0.1:9/"), "302"),
        (status(200, b"<html>"), "JSONDecodeError"),
        (status(200, b"[" * 100_000), "RecursionError"),
        (status(200, b"[]"), "TypeError"),
        (status(200, b'{"embeddings": 1, "data": 1}'), "TypeError"),
        (status(200, shown([])), "other number of vectors"),
        (status(200, shown([])[:-5]), "JSONDecodeError"),
        (status(200, shown(["12"])), "not numbers"),
        (status(200, shown([[True, 1.0]])), "not numbers"),
        (status(200, shown([[float("nan"), 1.0]])), "no direction"),
        (status(200, shown([[0, 0]])), "no direction"),
        (status(200, shown([[1e308, 1e308]])), "no direction"),
        (status(200, shown([[10**400, 1]])), "OverflowError"),
        (status(200, shown([[]])), "other dimension"),
        (status(200, shown([[1.0] * 8_193])), "other dimension"),
        (status(200, b"{}", Content_Length="999"), "RemoteProtocolError"),
        (endless, "too large"),
        (drip(b" "), None),
        (raw(b"nothing like HTTP"), "RemoteProtocolError"),
        (hang_up, "RemoteProtocolError"),
        (reset, "ReadError"),
        (lambda _: time.sleep(1), "ReadTimeout"),
    ],
)
def test_whatever_goes_wrong_is_told_in_a_word_without_the_key(
    server: EmbeddingServer, embedder: Embedder, fault: Answer, detail: str | None
) -> None:
    server.fault = fault
    error = away(embedder)
    assert detail in {None, error.detail}
    assert KEY not in "".join(traceback.format_exception(error))


@pytest.mark.parametrize("key", ["sk-very-secret\nkey", "sk-very-secret-ключ"])
def test_a_key_that_no_header_can_carry_is_not_told(server: EmbeddingServer, key: str) -> None:
    error = away(OpenAIEmbedder("model", f"{server.base_url}/v1", key))
    assert "very-secret" not in "".join(traceback.format_exception(error))
    assert server.requests == []


def test_rows_must_be_equally_long_and_stay_so(server: EmbeddingServer, embedder: Embedder) -> None:
    server.bend = lambda rows: [row[: 64 - number] for number, row in enumerate(rows)]
    with pytest.raises(EmbedderAway, match="ValueError"):
        embedder.embed(["a", "b"])
    time.sleep(PAUSE)
    assert len(embedder.embed_query("a")) == 64
    server.dimension = 32
    assert away(embedder).detail == "other dimension"


def test_too_few_rows_are_refused(server: EmbeddingServer, embedder: Embedder) -> None:
    server.bend = lambda rows: rows[1:]
    with pytest.raises(EmbedderAway, match="other number of vectors"):
        embedder.embed(["a", "b"])


def test_rows_out_of_order_are_refused(server: EmbeddingServer) -> None:
    rows = [{"index": 1, "embedding": [1.0]}, {"index": 1, "embedding": [1.0]}]
    server.fault = status(200, json.dumps({"data": rows}).encode())
    with pytest.raises(EmbedderAway, match="wrong order"):
        OpenAIEmbedder("model", f"{server.base_url}/v1", "").embed(["a", "b"])


def test_after_a_failure_nobody_asks_for_a_while_and_then_it_works_again(
    server: EmbeddingServer, embedder: Embedder
) -> None:
    server.fault = status(500)
    for _ in range(3):
        assert away(embedder).detail == "500"
    assert len(server.requests) == 1
    server.fault = None
    time.sleep(PAUSE)
    assert len(embedder.embed_query("roman")) == 64


def test_nobody_there_is_told_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        began = time.monotonic()
        assert away(OllamaEmbedder("nomic-embed-text", url)).detail == "ConnectError"
    assert time.monotonic() - began < 1


def search(user: User) -> retrieval.Hit:
    return retrieval.search(Scope(user.id), "Roman numeral")[0]


def test_search_goes_by_words_while_the_embedder_is_away_and_by_vectors_afterwards(
    owner: User, store: Store, server: EmbeddingServer, embedder: Embedder
) -> None:
    server.fault = status(503)
    with engine.using(Engine(embedder, MemoryIndex(64))):
        store(owner, "def roman_numeral(n): return n")
        assert search(owner).is_lexical_only
        assert services.sync_index().away == "memory.embedder.away"
        server.fault = None
        time.sleep(PAUSE)
        assert services.sync_index().added == 1
        assert not search(owner).is_lexical_only
        assert search(owner).similarity


def test_a_task_catches_up_with_what_waited_for_the_embedder(
    owner: User, store: Store, server: EmbeddingServer, embedder: Embedder
) -> None:
    with engine.using(Engine(embedder, MemoryIndex(64))):
        server.fault = status(503)
        store(owner, "def roman_numeral(n): return n")
        for _ in range(2):
            with pytest.raises(Ignore):
                follow_index()
        assert len(server.requests) == 1
        server.fault = None
        time.sleep(PAUSE)
        assert follow_index() == "1 passages added, 0 removed"
        with pytest.raises(Ignore):
            follow_index()


def test_changing_the_embedder_makes_every_vector_again_at_the_next_start(
    owner: User, store: Store, server: EmbeddingServer, embedder: Embedder
) -> None:
    store(owner, "def roman_numeral(n): return n")
    with engine.using(Engine(embedder, MemoryIndex(64))):
        assert services.sync_index().added == 1
        assert search(owner).similarity
    row = VectorMemory.objects.get()
    assert (row.embedding_model, row.embedding_dimension) == (embedder.fingerprint, 64)
    with engine.using(Engine(HashingEmbedder(), MemoryIndex(512))):
        assert services.sync_index().added == 1


def test_a_text_that_the_server_refuses_holds_up_no_other(
    owner: User, store: Store, server: EmbeddingServer, embedder: Embedder
) -> None:
    server.refused = "poison"
    with engine.using(Engine(embedder, MemoryIndex(64))):
        for text in ("def roman_numeral(n): return n", "poison poison poison", "def other(n): return n"):
            store(owner, text)
        assert not VectorMemory.objects.filter(is_indexed=False).exists()
        assert search(owner).similarity


def test_a_server_that_serves_another_model_by_the_same_name_spoils_nothing(
    owner: User, store: Store, server: EmbeddingServer
) -> None:
    def fresh() -> Embedder:
        return OllamaEmbedder("nomic-embed-text", server.base_url)

    index = MemoryIndex(64)
    with engine.using(Engine(fresh(), index)):
        store(owner, "def roman_numeral(n): return n")
    server.dimension = 32
    with engine.using(Engine(fresh(), index)):
        store(owner, "def arabic_numeral(n): return n")
        assert services.sync_index().away == "memory.embedder.away"
        assert search(owner).is_lexical_only
    with engine.using(Engine(fresh(), MemoryIndex(32))):
        assert services.rebuild_index().added == 2


def flipped(rows: list[list[float]]) -> Any:
    return np.negative(rows).tolist()


Bend = Callable[[list[list[float]]], Any]


@pytest.mark.parametrize("bend", [flipped, lambda rows: [[int(9 * x) or 1 for x in row] for row in rows]])
def test_vectors_of_any_length_and_whole_numbers_are_taken(
    server: EmbeddingServer, embedder: Embedder, bend: Bend
) -> None:
    server.bend = bend
    assert np.linalg.norm(embedder.embed_query("roman")) == pytest.approx(1)
