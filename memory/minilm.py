"""all-MiniLM-L6-v2 from files that the operator supplies, in NumPy: no torch, no download."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from memory.bert import MARKS, Bert, BertConfig
from memory.embeddings import MAX_CHARS, EmbedderAway, UnusableEmbedder
from memory.texts import clean
from memory.vectors import Vector
from memory.weights import check_tensors, read_tensors, sha256_of

if TYPE_CHECKING:
    from tokenizers import Tokenizer

WEIGHTS, TOKENIZER, CONFIG = "model.safetensors", "tokenizer.json", "config.json"
MAX_TOKENS = 256
"""What of a text the model was trained to look at."""
BATCH_TOKENS = 1_024
"""Tokens in one go, padding counted: more would leave the processor's cache."""


class MiniLMEmbedder:
    """Mean of a BERT's last states; built for all-MiniLM-L6-v2, sizes come from its ``config.json``.

    The files are looked at when it is made; the weights are read when the first text comes.

    :param sha256: the hash that the weights must have; empty: any.
    :raises UnusableEmbedder: the files are missing, damaged, of another kind, or not those that were meant.
    """

    def __init__(self, directory: Path, sha256: str = "") -> None:
        folder = _folder(directory)
        self._weights = folder / WEIGHTS
        self._lock = Lock()
        self._bert: Bert | None = None
        try:
            self._config = BertConfig.read(folder / CONFIG)
            check_tensors(self._weights, self._config.tensors())
            self._sha256 = sha256_of(self._weights)
        except OSError as error:
            raise UnusableEmbedder(f"cannot read {directory}: {error.strerror}") from None
        if sha256 and sha256.lower() != self._sha256:
            raise UnusableEmbedder(
                f"{WEIGHTS} has the SHA-256 {self._sha256}, which is not EMBEDDER_SHA256: fetch the file again, or "
                "correct the setting if you trust this one"
            )
        self._tokenizer = _tokenizer(folder / TOKENIZER, self._config)

    @property
    def fingerprint(self) -> str:
        """Name the method, its version and the weights."""
        return f"minilm-1-{self._sha256[:12]}"

    @property
    def dimension(self) -> int:
        """How many numbers a vector has."""
        return self._config.hidden_size

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return one row per passage, L2-normalised.

        :raises EmbedderAway: the weights cannot be read any more.
        """
        import numpy as np

        bert = self._loaded()
        tokens = [self._tokenizer.encode(clean(text[:MAX_CHARS])).ids for text in texts]
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for batch in _batches([len(ids) for ids in tokens]):
            lengths = np.array([len(tokens[place]) for place in batch])
            padded = np.zeros((len(batch), lengths.max()), np.int64)
            for row, place in enumerate(batch):
                padded[row, : lengths[row]] = tokens[place]
            vectors[batch] = bert.mean_vectors(padded, lengths)
        return vectors

    def embed_query(self, text: str) -> Vector:
        """Return the vector of a query, made like a passage's."""
        vector: Vector = self.embed([text])[0]
        return vector

    def _loaded(self) -> Bert:
        with self._lock:
            if self._bert is None:
                try:
                    tensors = read_tensors(self._weights, list(self._config.tensors()), sha256=self._sha256)
                except OSError as error:
                    raise EmbedderAway(type(error).__name__) from None
                if tensors is None:  # vectors of the new file would be mixed with those of the old
                    raise EmbedderAway("the file was replaced, start again")
                self._bert = Bert(self._config, tensors)
            return self._bert


def _folder(directory: Path) -> Path:
    """Find the files: in the directory, one below, or where a hub's cache keeps them."""
    if not directory.is_dir():
        raise UnusableEmbedder(f"{directory} is no directory: give the one that holds {WEIGHTS}")
    places = [directory, *sorted(directory.glob("*/")), *sorted(directory.glob("snapshots/*/"))]
    whole = [place for place in places if all((place / name).is_file() for name in (WEIGHTS, TOKENIZER, CONFIG))]
    if len(whole) > 1 and whole[0] != directory:
        raise UnusableEmbedder(f"{directory} holds several models: give the directory of one")
    if whole:
        return whole[0]
    if any((place / "pytorch_model.bin").is_file() for place in places):
        raise UnusableEmbedder(f"{directory} has the weights as pytorch_model.bin only: fetch {WEIGHTS} as well")
    raise UnusableEmbedder(f"{directory} must hold {WEIGHTS}, {TOKENIZER} and {CONFIG}, as the model is published")


def _tokenizer(path: Path, config: BertConfig) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception:  # noqa: BLE001  the library raises nothing more precise
        raise UnusableEmbedder(f"{path.name} is no tokenizer, or it is cut off: fetch it again") from None
    tokenizer.enable_truncation(min(MAX_TOKENS, config.max_position_embeddings))  # the file's own limit is lower
    tokenizer.no_padding()
    if max(tokenizer.get_vocab().values(), default=0) >= config.vocab_size:
        raise UnusableEmbedder(f"{path.name} belongs to another model: it has more words than {CONFIG} says")
    if len(tokenizer.encode("").ids) != MARKS:
        raise UnusableEmbedder(f"{path.name} belongs to another model: it puts no marks around a text")
    return tokenizer


def _batches(lengths: Sequence[int]) -> Iterator[list[int]]:
    """Put places of about equally long texts together, so that little is padded."""
    batch: list[int] = []
    for place in sorted(range(len(lengths)), key=lambda place: lengths[place]):
        if batch and (len(batch) + 1) * lengths[place] > BATCH_TOKENS:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
