"""What every embedder promises; the remote ones answer over real HTTP, the model is read from real files."""

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from memory.embeddings import Embedder, HashingEmbedder
from memory.minilm import MiniLMEmbedder
from memory.remote_embeddings import OllamaEmbedder, OpenAIEmbedder
from tests.memory.tiny_minilm import write_tiny_minilm
from tests.stand_ins.embedding_server import EmbeddingServer

KINDS = ("hashing", "minilm", "ollama", "openai")
TEXTS = [
    "roman numerals",
    "",
    "def to_roman(n):\n    return 'I' * n",
    "Расписание поездов",
    "roman numerals",
    "x " * 90,
]
HOSTILE = [
    "\0",
    "\ud800",
    "a\0b\udfffc",
    " \n\t",
    "\u202e\u0000\uffff",
    "𝕏" * 9_000,
    "x" * 1_000_000,
    "[SEP][PAD]" * 400,
]
Make = Callable[[int], Embedder]


@pytest.fixture
def server() -> Iterator[EmbeddingServer]:
    with EmbeddingServer() as running:
        yield running


@pytest.fixture(params=KINDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    """Make the first or second model of a kind; the same one again is made anew."""
    kind = request.param
    server = request.getfixturevalue("server") if kind in {"ollama", "openai"} else None

    def made(number: int = 1) -> Embedder:
        if kind == "hashing":
            return HashingEmbedder(256 * number)
        if kind == "minilm":
            return MiniLMEmbedder(write_tiny_minilm(tmp_path / f"model-{number}", seed=number))
        assert server is not None
        if kind == "ollama":
            return OllamaEmbedder(f"nomic-embed-text:v{number}", server.base_url)
        return OpenAIEmbedder(f"text-embedding-{number}", f"{server.base_url}/v1", "sk-very-secret")

    return made


@pytest.fixture
def embedder(make: Make) -> Embedder:
    return make(1)


def is_near(left: object, right: object) -> bool:
    return np.allclose(left, right, atol=1e-5)  # type: ignore[arg-type]


def test_there_is_a_vector_of_length_one_for_each_text(embedder: Embedder) -> None:
    vectors = embedder.embed(TEXTS)
    assert vectors.shape == (len(TEXTS), len(embedder.embed_query("x")))
    assert vectors.dtype == np.float32
    assert is_near(np.linalg.norm(vectors, axis=1), 1.0)


def test_the_same_text_gets_the_same_vector_alone_beside_others_and_later(make: Make) -> None:
    first, later = make(1), make(1)
    together = first.embed(TEXTS)
    assert is_near(together[0], together[4])
    for number, text in enumerate(TEXTS):
        assert is_near(later.embed([text])[0], together[number])
    assert is_near(first.embed_query("roman"), later.embed_query("roman"))


def test_the_order_of_many_texts_is_kept(embedder: Embedder) -> None:
    texts = [f"{'roman ' * (number * 7 % 31)}{number}" for number in range(150)]
    vectors = embedder.embed(texts)
    assert is_near(vectors[::-1], embedder.embed(texts[::-1]))
    assert is_near(vectors[77], embedder.embed([texts[77]])[0])


def test_of_no_texts_there_are_no_vectors(embedder: Embedder) -> None:
    assert len(embedder.embed([])) == 0


def test_hostile_and_very_long_texts_get_vectors_as_well(embedder: Embedder) -> None:
    assert is_near(np.linalg.norm(embedder.embed(HOSTILE), axis=1), 1.0)
    for text in HOSTILE:
        assert is_near(np.linalg.norm(embedder.embed_query(text)), 1.0)


def test_a_query_is_nearer_to_a_passage_that_shares_its_words(embedder: Embedder) -> None:
    near, far = embedder.embed(["roman numeral", "q7 zx 9w"])
    asked = embedder.embed_query("roman numeral")
    assert asked @ near > asked @ far


def test_the_fingerprint_tells_models_apart_and_stays_otherwise(make: Make) -> None:
    assert make(1).fingerprint == make(1).fingerprint != make(2).fingerprint


def test_the_fingerprint_fits_a_collections_name_and_holds_no_secret(embedder: Embedder) -> None:
    assert re.fullmatch(r"[a-z0-9-]{1,64}", embedder.fingerprint)
    assert "secret" not in embedder.fingerprint


def test_several_threads_may_ask_at_once(embedder: Embedder) -> None:
    texts = [f"roman {number}" for number in range(40)]
    with ThreadPoolExecutor(4) as threads:
        vectors = list(threads.map(embedder.embed_query, texts))
    assert is_near(vectors, [embedder.embed_query(text) for text in texts])
