"""Which embedder and which index this process uses."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from django.conf import settings

from memory.embeddings import Embedder
from memory.index import VectorIndex


@dataclass(frozen=True)
class Engine:
    """An embedder and the index of its vectors."""

    embedder: Embedder
    index: VectorIndex


class _Holder:
    def __init__(self) -> None:
        self.engine: Engine | None = None
        self.lock = Lock()


_HOLDER = _Holder()


def current() -> Engine:
    """Return this process's engine; nothing is opened before the index is first asked."""
    with _HOLDER.lock:
        if _HOLDER.engine is None:
            _HOLDER.engine = _configured()
        return _HOLDER.engine


@contextmanager
def using(engine: Engine) -> Iterator[Engine]:
    """Use another engine inside the block, in every thread."""
    with _HOLDER.lock:
        before, _HOLDER.engine = _HOLDER.engine, engine
    try:
        yield engine
    finally:
        with _HOLDER.lock:
            _HOLDER.engine = before


def _configured() -> Engine:
    from memory.choose import chosen_embedder
    from memory.chroma import ChromaIndex
    from memory.measures import MeasuredIndex

    embedder = chosen_embedder()
    directory = Path(settings.CHROMA_DATA_DIR)
    index = ChromaIndex(embedder.fingerprint, directory=directory, url=settings.CHROMA_URL)
    return Engine(embedder, MeasuredIndex(index))
