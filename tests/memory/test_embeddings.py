"""Hashing vectors: unit length, the same everywhere, near for texts that share words."""

import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from memory.embeddings import HashingEmbedder
from memory.words import words

EMBEDDER = HashingEmbedder()
PROBE = (
    "from memory.embeddings import HashingEmbedder as H; print(H().embed(['def to_roman(n): число']).tobytes().hex())"
)


@given(st.lists(st.text(), max_size=4))
def test_every_text_gets_a_vector_of_length_one(texts: list[str]) -> None:
    vectors = EMBEDDER.embed(texts)
    assert vectors.shape == (len(texts), EMBEDDER.dimension)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)


def test_vectors_are_the_same_in_a_process_with_another_hash_seed() -> None:
    outputs = {
        subprocess.run(
            [sys.executable, "-c", PROBE],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert outputs == {EMBEDDER.embed(["def to_roman(n): число"]).tobytes().hex() + "\n"}


@pytest.mark.parametrize(
    ("query", "near", "far"),
    [
        ("convert numbers into Roman numerals", "def to_roman_numeral(number): ...", "def send_email(address): ..."),
        ("parsing CSV files", "class CsvParser: parses one file", "class TokenBucket: limits the rate"),
        ("сортировка списка", "сортировать список чисел", "отправить письмо"),
    ],
)
def test_a_text_is_nearer_to_its_paraphrase(query: str, near: str, far: str) -> None:
    asked, close, distant = EMBEDDER.embed([query, near, far])
    assert asked @ close > asked @ distant + 0.1


def test_the_fingerprint_tells_dimensions_apart() -> None:
    assert HashingEmbedder(256).fingerprint != EMBEDDER.fingerprint


@pytest.mark.parametrize("text", ["CSVParser", "csv_parser", "CsvParsers", "csv parsing"])
def test_identifiers_fall_into_the_same_words_however_they_are_spelled(text: str) -> None:
    assert words(text) == ["csv", "pars"]
