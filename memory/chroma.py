"""The vector index in Chroma: embedded on disk, or a server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import monotonic
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from memory.index import Entry, IndexAway, Match, Where, best, nearest
from memory.process_lock import ProcessLock
from memory.vectors import Vector

PREFIX = "agentsite-"
PAUSE_SECONDS = 5.0
"""How long nobody asks again after the index was away, so that callers don't queue behind its time-outs."""
REQUEST_SECONDS = 5.0
PING_SECONDS = 1.0
EXACT_UP_TO = 500
"""Entries of one owner in one collection that are compared one by one.

Chroma filters while it walks its graph: beside 20 000 entries of others it found 3 of an owner's 5.
"""
REMEMBERED_SECONDS = 60.0
"""How long an owner with more entries is taken to have them still."""
BATCH = 1000


class ChromaIndex:
    """Chroma with vectors that we made: it never gets an embedding function, which would download a model.

    Collections carry the embedder's fingerprint, so that vectors of two embedders never meet. Embedded Chroma belongs
    to one process: the first to ask holds a lock file until it ends, and every other is told that the index is away.
    """

    def __init__(self, fingerprint: str, *, directory: Path, url: str = "") -> None:
        self._suffix = f"-{fingerprint}"
        self._directory = directory
        self._url = url
        self._lock = RLock()
        self._process_lock = ProcessLock(directory / "agentsite.lock")
        self._client: Any = None
        self._collections: dict[str, Any] = {}
        self._away: tuple[float, IndexAway] | None = None
        self._large: dict[tuple[str, str, str | None], float] = {}

    @property
    def engine(self) -> str:
        """What it is, in words for the operator."""
        return "Chroma server" if self._url else "Chroma on disk"

    def add(self, entries: Sequence[Entry]) -> None:
        """Put entries in; one that was there is replaced."""
        with self._asked():
            for name in sorted({entry.collection for entry in entries}):
                wanted = [entry for entry in entries if entry.collection == name]
                for start in range(0, len(wanted), BATCH):
                    batch = wanted[start : start + BATCH]
                    self._collection(name).upsert(
                        ids=[str(entry.id) for entry in batch],
                        embeddings=[entry.vector for entry in batch],
                        metadatas=[{"owner": entry.owner, "language": entry.language} for entry in batch],
                    )

    def delete(self, ids: Sequence[UUID]) -> None:
        """Take entries out, whatever collection or embedder they belong to; unknown ones are ignored."""
        with self._asked():
            for collection in self._ours():
                for start in range(0, len(ids), BATCH):
                    collection.delete(ids=[str(entry_id) for entry_id in ids[start : start + BATCH]])

    def query(self, vector: Vector, where: Where, k: int) -> list[Match]:
        """Return the nearest entries that the filter lets through, best first, at most ``k`` of them.

        Owners with few entries are compared one by one, all at once. One with many is asked for alone, so that a full
        library cannot crowd out a person's few passages.
        """
        with self._asked():
            return best([match for name in where.collections for match in self._matches(name, vector, where, k)], k)

    def _matches(self, name: str, vector: Vector, where: Where, k: int) -> list[Match]:
        collection = self._collection(name)
        large = [owner for owner in where.owners if self._is_large(name, owner, where)]
        small = [owner for owner in where.owners if owner not in large]
        few: list[tuple[UUID, Vector]] = []
        if small:
            room = EXACT_UP_TO * len(small)
            got = collection.get(where=_condition(small, where), limit=room + 1, include=["embeddings"])
            if len(got["ids"]) > room:
                self._find_large(name, small, where)
                return self._matches(name, vector, where, k)
            few = [(UUID(entry_id), found) for entry_id, found in zip(got["ids"], got["embeddings"], strict=True)]
        return nearest(vector, few, k) + [
            match for owner in large for match in _walked(collection, vector, _condition([owner], where), k)
        ]

    def _is_large(self, name: str, owner: str, where: Where) -> bool:
        return monotonic() < self._large.get((name, owner, where.language), 0.0)

    def _find_large(self, name: str, owners: Sequence[str], where: Where) -> None:
        self._large = {known: until for known, until in self._large.items() if monotonic() < until}
        for owner in owners:
            got = self._collection(name).get(where=_condition([owner], where), limit=EXACT_UP_TO + 1, include=[])
            if len(got["ids"]) > EXACT_UP_TO:
                self._large[name, owner, where.language] = monotonic() + REMEMBERED_SECONDS

    def count(self, collection: str) -> int:
        """Say how many entries a collection has."""
        with self._asked():
            return int(self._collection(collection).count())

    def ping(self) -> None:
        """Ask the server for its heartbeat, or see whether the files are free or ours."""
        if self._url:
            self._ask_heartbeat(PING_SECONDS)
        elif not self._process_lock.is_held:
            with self._lock:
                if not self._process_lock.acquire():
                    raise IndexAway("memory.index.locked")
                self._process_lock.release()

    def _ask_heartbeat(self, seconds: float) -> None:
        import httpx

        try:
            httpx.get(f"{self._url.rstrip('/')}/api/v2/heartbeat", timeout=seconds).raise_for_status()
        except httpx.HTTPError as error:
            raise IndexAway("memory.index.unreachable", type(error).__name__) from error

    def ids(self, collection: str) -> Iterator[UUID]:
        """Yield the entries of a collection, in no order; what is added or deleted meanwhile may be missed."""
        for start in range(0, self.count(collection), BATCH):
            with self._asked():
                page = self._collection(collection).get(limit=BATCH, offset=start, include=[])
            yield from map(UUID, page["ids"])

    def clear(self) -> None:
        """Take everything out, also what other embedders left."""
        with self._asked():
            for collection in self._ours():
                self._client.delete_collection(collection.name)
            self._collections.clear()

    def close(self) -> None:
        """Let go of files, connections and the lock file."""
        with self._lock:
            if self._client is not None and (self._url or self._process_lock.is_held):
                self._client.close()
            self._client = None
            self._collections.clear()
            self._away = None
            self._process_lock.release()

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """Turn whatever goes wrong into IndexAway, and remember it for a moment."""
        self._connect()
        try:
            yield
        except Exception as error:  # Chroma raises its own, httpx's, sqlite's and plain ValueErrors
            with self._lock:
                self._collections.clear()  # one that somebody else removed is made again
                self._pause(IndexAway("memory.index.failed", type(error).__name__))
            raise IndexAway("memory.index.failed", type(error).__name__) from error

    def _connect(self) -> None:
        with self._lock:
            if self._away is not None and monotonic() < self._away[0]:
                raise self._away[1]
            if self._client is not None and (self._url or self._process_lock.is_held):
                return
            try:
                self._client, self._away = self._open_server() if self._url else self._open_directory(), None
            except IndexAway as away:
                self._pause(away)
                raise
            except Exception as error:
                code = "memory.index.unreachable" if self._url else "memory.index.failed"
                self._pause(IndexAway(code, type(error).__name__))
                raise IndexAway(code, type(error).__name__) from error
            self._collections.clear()

    def _pause(self, away: IndexAway) -> None:
        self._away = (monotonic() + PAUSE_SECONDS, away)

    def _open_directory(self) -> Any:
        if not self._process_lock.acquire():
            raise IndexAway("memory.index.locked")
        import chromadb
        from chromadb.config import Settings

        return chromadb.PersistentClient(path=self._directory, settings=Settings(anonymized_telemetry=False))

    def _open_server(self) -> Any:
        self._ask_heartbeat(REQUEST_SECONDS)
        import chromadb
        from chromadb.config import Settings

        address = urlsplit(self._url)
        is_https = address.scheme == "https"
        client = chromadb.HttpClient(
            host=address.hostname or "localhost",
            port=address.port or (443 if is_https else 80),
            ssl=is_https,
            settings=Settings(anonymized_telemetry=False),
        )
        client._server._session.timeout = REQUEST_SECONDS  # noqa: SLF001  Chroma's own waits for ever, without a setting
        return client

    def _collection(self, name: str) -> Any:
        with self._lock:
            if name not in self._collections:
                self._collections[name] = self._client.get_or_create_collection(
                    f"{PREFIX}{name}{self._suffix}",
                    embedding_function=None,
                    configuration={"hnsw": {"space": "cosine"}},
                )
            return self._collections[name]

    def _ours(self) -> list[Any]:
        return [found for found in self._client.list_collections() if found.name.startswith(PREFIX)]


def _walked(collection: Any, vector: Vector, condition: dict[str, Any], k: int) -> Iterator[Match]:
    """Yield what Chroma's graph finds."""
    many = collection.query(query_embeddings=[vector], n_results=2 * k, where=condition, include=["distances"])
    for entry_id, distance in zip(many["ids"][0], many["distances"][0], strict=True):
        yield Match(1.0 - float(distance), UUID(entry_id))


def _condition(owners: Sequence[str], where: Where) -> dict[str, Any]:
    ours: dict[str, Any] = {"owner": {"$in": list(owners)}}
    if where.language is None:
        return ours
    return {"$and": [ours, {"language": {"$in": list(where.languages)}}]}
