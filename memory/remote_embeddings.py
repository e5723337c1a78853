"""Embedders on the far side of HTTP: Ollama, and whatever speaks OpenAI's protocol."""

import json
import re
import ssl
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from memory.embeddings import EmbedderAway, TextRefused
from memory.texts import clean
from memory.vectors import Vector

if TYPE_CHECKING:
    import httpx

PAUSE_SECONDS = 5.0
"""How long nobody asks again after the embedder was away, so that searches don't queue behind its time-outs."""
CONNECT_SECONDS = 2.0
QUERY_SECONDS = 5.0
"""Longest wait of a search; it goes by words afterwards."""
PASSAGES_SECONDS = 60.0
"""Longest wait for a batch: a small machine may need half a minute."""
BATCH = 64
MAX_CHARS = 2_000
"""What of a text is sent. A token is at least a byte and a character at most four, so this fits into 8 192 tokens."""
MAX_ANSWER_BYTES = 16 << 20
MAX_DIMENSION = 8_192
OPENAI_URL = "https://api.openai.com/v1"
NOTHING = "-"
"""Sent for a blank text, which servers refuse."""
_MARKS = {"nomic-embed-text": ("search_query: ", "search_document: ")}
"""What models were trained to read before a query, and before a passage."""


_REFUSALS = {400, 413, 422}


class RemoteEmbedder(ABC):
    """What both protocols share: batches, limits, and a pause after a failure.

    How long vectors are is learned from the first answer; nothing is asked before the first text comes.
    """

    def __init__(self, kind: str, model: str, base_url: str) -> None:
        self._model = model
        self._base_url = base_url.rstrip("/")
        self._fingerprint = _fingerprint(kind, model)
        marks = [marks for name, marks in _MARKS.items() if model.rpartition("/")[2].startswith(name)]
        self._query_mark, self._passage_mark = marks[0] if marks else ("", "")
        self._dimension: int | None = None
        self._away: tuple[float, EmbedderAway] | None = None
        self._lock = Lock()

    @property
    def fingerprint(self) -> str:
        """Name protocol, method and model; another address may serve the same model."""
        return self._fingerprint

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return one row per passage, L2-normalised.

        :raises EmbedderAway: it cannot answer now, or answers nonsense.
        """
        import numpy as np

        marked = [self._passage_mark + _fit(text) for text in texts]
        batches = [marked[start : start + BATCH] for start in range(0, len(marked), BATCH)]
        if not batches:
            return np.zeros((0, self._dimension or 0), dtype=np.float32)
        return np.concatenate([self._ask(batch, PASSAGES_SECONDS) for batch in batches])

    def embed_query(self, text: str) -> Vector:
        """Return the vector of what is searched for.

        :raises EmbedderAway: it cannot answer now, or answers nonsense.
        """
        vector: Vector = self._ask([self._query_mark + _fit(text)], QUERY_SECONDS)[0]
        return vector

    def _ask(self, texts: list[str], seconds: float) -> Vector:
        with self._lock:
            if self._away is not None and monotonic() < self._away[0]:
                raise EmbedderAway(self._away[1].detail)
        try:
            vectors = self._learn(_vectors(self._rows(self._send(texts, seconds)), len(texts)))
        except TextRefused:  # the next text may fit
            raise
        except EmbedderAway as known:
            away = known
        except Exception as error:  # noqa: BLE001  httpx's own, JSON's, and whatever strange answers cause
            away = EmbedderAway(type(error).__name__)
        else:
            return vectors
        with self._lock:
            self._away = (monotonic() + PAUSE_SECONDS, away)
        raise away from None  # what it was made from may quote an address or a key

    def _learn(self, vectors: Vector) -> Vector:
        with self._lock:
            self._dimension = self._dimension or vectors.shape[1]
            if self._dimension != vectors.shape[1]:
                raise EmbedderAway("other dimension")
        return vectors

    def _send(self, texts: list[str], seconds: float) -> Any:
        import httpx

        until = monotonic() + seconds
        options: dict[str, Any] = {
            "timeout": httpx.Timeout(seconds, connect=CONNECT_SECONDS),
            "trust_env": False,
            "follow_redirects": False,
            "verify": _trusted_certificates(),
        }
        body = {"model": self._model, "input": texts}
        with (
            httpx.Client(**options) as client,
            client.stream("POST", self._url, json=body, headers=self._headers) as answer,
        ):
            if answer.status_code in _REFUSALS:
                raise TextRefused(str(answer.status_code))
            if answer.status_code != httpx.codes.OK:
                raise EmbedderAway(str(answer.status_code))
            return json.loads(_read(answer, until))

    @property
    @abstractmethod
    def _url(self) -> str: ...

    @property
    def _headers(self) -> dict[str, str]:
        return {"Accept-Encoding": "identity"}  # a small answer must not unfold into a large one

    @abstractmethod
    def _rows(self, answer: Any) -> list[Any]:
        """Take the vectors out of an answer, in the order of the texts; any exception means that it is nonsense."""


class OllamaEmbedder(RemoteEmbedder):
    """A model that Ollama serves."""

    def __init__(self, model: str, base_url: str) -> None:
        super().__init__("ollama", model, base_url)

    @property
    def _url(self) -> str:
        return f"{self._base_url}/api/embed"

    def _rows(self, answer: Any) -> list[Any]:
        return list(answer["embeddings"])


class OpenAIEmbedder(RemoteEmbedder):
    """A model behind ``/v1/embeddings``: OpenAI's own, or of a server that speaks like it.

    :param base_url: ends in ``/v1``; empty: OpenAI itself.
    """

    def __init__(self, model: str, base_url: str, api_key: str) -> None:
        super().__init__("openai", model, base_url or OPENAI_URL)
        self._api_key = api_key

    @property
    def _url(self) -> str:
        return f"{self._base_url}/embeddings"

    @property
    def _headers(self) -> dict[str, str]:
        return super()._headers | ({"Authorization": f"Bearer {self._api_key}"} if self._api_key else {})

    def _rows(self, answer: Any) -> list[Any]:
        rows = sorted(answer["data"], key=lambda row: row["index"])
        if [row["index"] for row in rows] != list(range(len(rows))):
            raise EmbedderAway("wrong order")
        return [row["embedding"] for row in rows]


def _fingerprint(kind: str, model: str) -> str:
    readable = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:40].strip("-")
    digest = sha256(model.encode("utf-8", "replace")).hexdigest()[:8]
    return "-".join(part for part in (kind, "1", readable, digest) if part)


def _fit(text: str) -> str:
    fitting = clean(text[:MAX_CHARS])
    return fitting if fitting.strip() else NOTHING


def _read(answer: "httpx.Response", until: float) -> bytes:
    parts, size = [], 0
    for part in answer.iter_bytes():
        size += len(part)
        if size > MAX_ANSWER_BYTES:
            raise EmbedderAway("too large")
        if monotonic() > until:
            raise EmbedderAway("too slow")
        parts.append(part)
    return b"".join(parts)


def _vectors(rows: list[Any], wanted: int) -> Vector:
    import numpy as np

    if len(rows) != wanted:
        raise EmbedderAway("other number of vectors")
    if any(type(number) not in {int, float} for row in rows for number in row):  # NumPy would read "1" and true as well
        raise EmbedderAway("not numbers")
    vectors = np.array(rows, dtype=np.float64)
    with np.errstate(over="ignore"):
        norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    if vectors.ndim != 2 or not 1 <= vectors.shape[1] <= MAX_DIMENSION:  # noqa: PLR2004  rows and columns
        raise EmbedderAway("other dimension")
    if not (np.isfinite(norms).all() and norms.all()):
        raise EmbedderAway("no direction")
    normal: Vector = (vectors / norms).astype(np.float32)
    return normal


@lru_cache(maxsize=1)
def _trusted_certificates() -> ssl.SSLContext:
    """Read the certificates once: it takes 30 ms. The system's own count too, for servers with a private authority."""
    import certifi

    context = ssl.create_default_context()
    context.load_verify_locations(certifi.where())
    return context
