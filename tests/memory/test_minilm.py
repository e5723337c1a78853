"""The model that runs here: that it computes the right thing, and what is said of files that are wrong."""

import json
import math
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from memory.bert import BertConfig, gelu
from memory.embeddings import EmbedderAway, UnusableEmbedder
from memory.minilm import MiniLMEmbedder
from memory.weights import read_tensors, sha256_of
from tests.memory.tiny_minilm import write_safetensors, write_tiny_minilm

REAL = os.environ.get("AGENTSITE_TEST_MINILM", "")
Exact = NDArray[np.float64]
Damage = Callable[[Path], object]
TEXT = "Roman numerals in 7 words"


def by_the_book(folder: Path, ids: list[int]) -> Exact:
    """Compute one text's vector as the paper writes it: a head at a time, in double precision, without padding."""
    config = BertConfig.read(folder / "config.json")
    path = folder / "model.safetensors"
    read = read_tensors(path, list(config.tensors()), sha256=sha256_of(path))
    assert read is not None
    w = {name: tensor.astype(np.float64) for name, tensor in read.items()}

    def dense(name: str, x: Exact) -> Exact:
        return np.asarray(x @ w[f"{name}.weight"].T + w[f"{name}.bias"])

    def normal(name: str, x: Exact) -> Exact:
        spread = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + config.layer_norm_eps)
        return np.asarray(spread * w[f"{name}.weight"] + w[f"{name}.bias"])

    e = "embeddings"
    x = w[f"{e}.word_embeddings.weight"][ids] + w[f"{e}.position_embeddings.weight"][: len(ids)]
    x = normal(f"{e}.LayerNorm", x + w[f"{e}.token_type_embeddings.weight"][0])
    size = config.hidden_size // config.num_attention_heads
    for layer in (f"encoder.layer.{number}" for number in range(config.num_hidden_layers)):
        query, key, value = (dense(f"{layer}.attention.self.{part}", x) for part in ("query", "key", "value"))
        heads = []
        for head in (slice(start, start + size) for start in range(0, config.hidden_size, size)):
            scores = np.exp(query[:, head] @ key[:, head].T / math.sqrt(size))
            heads.append(scores / scores.sum(-1, keepdims=True) @ value[:, head])
        x = normal(
            f"{layer}.attention.output.LayerNorm", x + dense(f"{layer}.attention.output.dense", np.hstack(heads))
        )
        inner = dense(f"{layer}.intermediate.dense", x)
        bent = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2))) / 2
        x = normal(f"{layer}.output.LayerNorm", x + dense(f"{layer}.output.dense", bent))
    return np.asarray(x.mean(0) / np.linalg.norm(x.mean(0)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_minilm(tmp_path / "model")


def test_it_computes_what_the_book_says(folder: Path) -> None:
    embedder = MiniLMEmbedder(folder)
    beside = embedder.embed([TEXT, "x", "a much longer text beside it, so that the first one is padded"])
    for number, text in enumerate([TEXT, "x"]):
        expected = by_the_book(folder, embedder._tokenizer.encode(text).ids)
        assert np.abs(beside[number] - expected).max() < 2e-6


def test_gelu_is_exact_to_a_millionth() -> None:
    values = np.linspace(-12, 12, 100_001, dtype=np.float32)
    exact = [float(x) * (1 + math.erf(float(x) / math.sqrt(2))) / 2 for x in values]
    gelu(values)
    assert np.abs(values - exact).max() < 1e-6


def test_numbers_of_half_precision_are_read_as_well(tmp_path: Path, folder: Path) -> None:
    half = MiniLMEmbedder(write_tiny_minilm(tmp_path / "half", numbers="<f2"))
    assert half.embed_query(TEXT) @ MiniLMEmbedder(folder).embed_query(TEXT) > 0.999


def test_what_is_beyond_the_limit_of_tokens_is_not_looked_at(folder: Path) -> None:
    embedder = MiniLMEmbedder(folder)
    long = "roman " * 60
    assert np.allclose(embedder.embed_query(long), embedder.embed_query(long + "x y z"), atol=1e-6)
    assert not np.allclose(embedder.embed_query("roman " * 20), embedder.embed_query("roman " * 9), atol=1e-3)


@pytest.mark.parametrize("place", ["all-MiniLM-L6-v2", "snapshots/0123abc"])
def test_the_files_may_lie_in_a_sub_folder(tmp_path: Path, place: str) -> None:
    write_tiny_minilm(tmp_path / "cache" / place)
    assert MiniLMEmbedder(tmp_path / "cache").dimension == 32


def test_two_models_in_one_directory_are_not_guessed_between(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_tiny_minilm(tmp_path / name)
    with pytest.raises(UnusableEmbedder, match="several models"):
        MiniLMEmbedder(tmp_path)


def test_a_directory_that_is_not_there_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnusableEmbedder, match=r"is no directory: give the one that holds model\.safetensors"):
        MiniLMEmbedder(tmp_path / "nowhere")
    with pytest.raises(UnusableEmbedder, match=r"must hold model\.safetensors, tokenizer\.json and config\.json"):
        MiniLMEmbedder(tmp_path)


def test_weights_of_torch_alone_are_told(folder: Path) -> None:
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(UnusableEmbedder, match=r"pytorch_model\.bin only: fetch model\.safetensors"):
        MiniLMEmbedder(folder)


def test_the_hash_is_checked_where_one_is_given(folder: Path) -> None:
    right = sha256_of(folder / "model.safetensors")
    assert MiniLMEmbedder(folder, right.upper()).fingerprint == f"minilm-1-{right[:12]}"
    with pytest.raises(UnusableEmbedder, match="which is not EMBEDDER_SHA256: fetch the file again"):
        MiniLMEmbedder(folder, "0" * 64)


def test_a_file_replaced_before_it_was_read_is_not_mixed_with_the_old_vectors(folder: Path) -> None:
    embedder = MiniLMEmbedder(folder)
    write_tiny_minilm(folder, seed=2)
    with pytest.raises(EmbedderAway, match="replaced"):
        embedder.embed_query(TEXT)
    (folder / "model.safetensors").unlink()
    with pytest.raises(EmbedderAway, match="FileNotFoundError"):
        embedder.embed([TEXT])


def change_config(**changes: object) -> Damage:
    def change(folder: Path) -> None:
        config = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(config | changes))

    return change


def cut(name: str, length: int) -> Damage:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:length])


def fill(name: str, content: bytes) -> Damage:
    return lambda folder: (folder / name).write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        (change_config(model_type="roberta"), "another kind of model"),
        (change_config(hidden_act="relu"), "another kind of model"),
        (change_config(num_attention_heads=5), "another kind of model"),
        (change_config(hidden_size="many"), "does not describe"),
        (change_config(num_hidden_layers=10**9), "another kind of model"),
        (change_config(num_hidden_layers=3), r"has no encoder\.layer\.2"),
        (change_config(intermediate_size=65), r"does not fit config\.json"),
        (change_config(vocab_size=7), r"does not fit config\.json"),
        (fill("config.json", b"[]"), "does not describe"),
        (fill("config.json", b"\xff"), "does not describe"),
        (fill("config.json", b"[" * 100_000), "does not describe"),
        (cut("model.safetensors", 5), "cut off"),
        (cut("model.safetensors", 900), "cut off"),
        (cut("model.safetensors", 20_000), "cut off"),
        (fill("model.safetensors", b""), "cut off"),
        (fill("model.safetensors", b"\xff" * 64), "cut off"),
        (fill("model.safetensors", (10).to_bytes(8, "little") + b'{"a": "b"}'), "cut off"),
        (lambda folder: write_safetensors(folder / "model.safetensors", {}), "another kind of model"),
        (cut("tokenizer.json", 500), "no tokenizer"),
        (fill("tokenizer.json", b"{}"), "no tokenizer"),
    ],
)
def test_files_that_are_wrong_are_told_at_once(folder: Path, damage: Damage, told: str) -> None:
    damage(folder)
    with pytest.raises(UnusableEmbedder, match=told):
        MiniLMEmbedder(folder)


def test_a_tokenizer_of_another_model_is_told(folder: Path) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer | {"post_processor": None}))
    with pytest.raises(UnusableEmbedder, match="no marks"):
        MiniLMEmbedder(folder)
    tokenizer["model"]["vocab"]["foreign"] = 70_000
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    with pytest.raises(UnusableEmbedder, match="more words"):
        MiniLMEmbedder(folder)


@pytest.mark.skipif(not REAL, reason="needs all-MiniLM-L6-v2: set AGENTSITE_TEST_MINILM to its directory")
def test_the_real_weights_give_the_published_similarities() -> None:
    embedder = MiniLMEmbedder(Path(REAL))
    texts = ["The weather is lovely today.", "It's so sunny outside!", "He drove to the stadium."]
    first, second, third = embedder.embed(texts)
    assert [first @ second, first @ third, second @ third] == pytest.approx([0.6660, 0.1046, 0.1411], abs=1e-4)
    food, bread = embedder.embed(["A man is eating food.", "A man is eating a piece of bread."])
    assert food @ bread == pytest.approx(0.7553, abs=1e-4)
