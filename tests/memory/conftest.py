"""An engine of its own for each test: real hashing vectors, and the exact index in the process."""

from collections.abc import Callable, Iterator
from uuid import UUID
from zlib import crc32

import pytest

from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.run import Run, RunKind
from memory import engine, services
from memory.embeddings import HashingEmbedder
from memory.engine import Engine
from memory.index import MemoryIndex
from memory.services import Document


@pytest.fixture(autouse=True)
def memory_engine() -> Iterator[Engine]:
    embedder = HashingEmbedder()
    with engine.using(Engine(embedder, MemoryIndex(embedder.dimension))) as used:
        yield used


@pytest.fixture
def build(owner: User) -> Build:
    return a_build(owner)


def a_build(user: User) -> Build:
    run = Run.objects.create(kind=RunKind.BUILD, user=user)
    return Build.objects.create(user=user, run=run, project_name="project", requirements="do it")


Store = Callable[..., int]


@pytest.fixture
def store() -> Store:
    """Store one code document and let the index follow (the test's own transaction never commits)."""

    def stored(user: User | None, text: str, *, build_id: UUID | None = None, language: str = "python") -> int:
        documents = [Document("module", text, f"{crc32(text.encode())}.py", language)]
        count = services.index_passages(
            user_id=user.id if user else None, build_id=build_id, collection="code", verified=False, documents=documents
        )
        services.sync_index()
        return count

    return stored
