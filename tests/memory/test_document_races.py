"""Two who change the same documents at once: one stands whole in the end, and nobody gets an error."""

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connections

from agentsite.accounts.models import User
from builds.models.build import Build
from memory import documents, services
from memory.models.vectors import VectorMemory, VectorTombstone
from memory.services import Document
from tests.memory.test_documents import names, zipped

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.services]


def at_once(*acts: Callable[[], object]) -> None:
    """Do things in threads of their own, begun together; raise what one of them raised."""
    together = Barrier(len(acts))

    def act(do: Callable[[], object]) -> None:
        together.wait()
        try:
            do()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        list(pool.map(act, acts))


def brings(user: User, version: str, *, backwards: bool = False) -> Callable[[], object]:
    paths = sorted((f"{number}.py" for number in range(40)), reverse=backwards)
    content = zipped({path: f"def {version}_{path[:-3]}():\n    return 1\n".encode() for path in paths})
    return lambda: documents.import_upload(user=user, name="a.zip", stream=io.BytesIO(content), size=len(content))


def test_of_two_versions_one_stands_whole(owner: User) -> None:
    at_once(brings(owner, "one"), brings(owner, "two", backwards=True))
    versions = {content.split("_")[0] for content in VectorMemory.objects.values_list("content", flat=True)}
    assert len(versions) == 1
    assert len(names(owner)) == 40


def test_deleting_twice_at_once_deletes_once(owner: User) -> None:
    brings(owner, "one")()
    deleted: list[int] = []
    gone = lambda: deleted.append(documents.delete_document(user=owner, name="a.zip"))  # noqa: E731  three alike
    at_once(gone, gone, gone)
    assert sorted(deleted) == [0, 0, 40]
    assert VectorTombstone.objects.count() == 40


def test_a_build_that_two_forget_at_once_is_forgotten(build: Build) -> None:
    passages = [Document(f"f{number}", f"def f{number}(): pass", f"{number}.py") for number in range(60)]
    services.index_passages(
        user_id=build.user_id, build_id=build.id, collection="code", verified=True, documents=passages
    )
    at_once(lambda: services.forget_build(build.id), lambda: services.forget_build(build.id))
    assert not VectorMemory.objects.exists()
