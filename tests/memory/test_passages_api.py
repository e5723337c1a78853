"""Searching and feeding memory over the API."""

import io
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.models.build import Build
from memory import uses
from memory.models.vectors import VectorMemory
from memory.ranking import Signals
from tests.memory.conftest import Store
from tests.memory.test_documents import zipped
from tests.memory.test_uses import ROMAN, shown

pytestmark = pytest.mark.engine_in_part

SEARCH, DOCUMENTS = "/api/v1/memory/search/", "/api/v1/memory/documents/"


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def found(person: Client, **query: Any) -> list[dict[str, Any]]:
    answer = person.get(SEARCH, {"q": "roman numerals"} | query)
    assert answer.status_code == 200, answer.content
    results: list[dict[str, Any]] = answer.json()["results"]
    return results


def test_a_hit_explains_its_score(person: Client, owner: User, store: Store) -> None:
    store(owner, ROMAN)
    hit = found(person)[0]
    assert hit["score"] == pytest.approx(sum(hit["parts"].values()))
    assert set(hit["parts"]) == {*vars(Signals())}
    assert (hit["text"], hit["source"][:4], hit["is_excluded"]) == (ROMAN.strip(), "own:", False)
    assert AuditLog.objects.get(action="memory.searched").details["door"] == "api"


def test_filters_narrow_a_search(person: Client, build: Build, owner: User, store: Store) -> None:
    store(owner, ROMAN)
    store(owner, "function toRoman() { return 'roman numerals' }", language="javascript")
    store(owner, "def of_a_build(): 'roman numerals'", build_id=build.id)
    assert {hit["language"] for hit in found(person, language="JavaScript")} == {"javascript"}
    assert [hit["build"] for hit in found(person, build=build.id)] == [str(build.id)]
    assert found(person, collection="docs") == []
    assert found(person, content_type="test") == []
    assert len(found(person, collection=["docs", "code"], content_type="code")) == 3
    assert len(found(person, limit=1)) == 1


def test_somebody_elses_build_narrows_it_to_nothing(client: Client, build: Build, stranger: User, store: Store) -> None:
    store(build.user, ROMAN, build_id=build.id)
    client.force_login(stranger)
    assert found(client, build=build.id) == []


@pytest.mark.parametrize(
    "query", [{}, {"q": ""}, {"q": "x" * 4_001}, {"q": "x", "limit": 51}, {"q": "x", "build": "y"}]
)
def test_a_search_that_makes_no_sense_is_refused(person: Client, query: dict[str, Any]) -> None:
    answer = person.get(SEARCH, query)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "request.invalid")


def test_a_passage_is_excluded_and_let_in_again(person: Client, build: Build, store: Store) -> None:
    store(build.user, ROMAN)
    where = f"/api/v1/memory/passages/{VectorMemory.objects.get().id}/"
    assert person.post(f"{where}exclude/").json()["is_excluded"]
    assert shown(build) == []
    assert not person.post(f"{where}include/").json()["is_excluded"]
    assert shown(build) == [ROMAN.strip()]
    assert person.get(where).json()["text"] == ROMAN.strip()


def test_what_a_build_was_shown_can_be_read_and_what_it_left_excluded(
    person: Client, build: Build, store: Store
) -> None:
    store(build.user, ROMAN)
    shown(build)
    uses.settle(build.id, [VectorMemory.objects.get().id])
    where = f"/api/v1/builds/{build.id}/memory/"
    answer = person.get(where).json()
    assert [(row["rank"], row["is_cited"], row["passage"]) for row in answer["results"]] == [
        (1, True, str(VectorMemory.objects.get().id))
    ]
    assert not answer["is_excluded"]
    changed = person.patch(where, {"is_excluded": True}, content_type="application/json")
    assert changed.json()["is_excluded"]


def upload(person: Client, name: str, content: bytes, **more: Any) -> Any:
    return person.post(DOCUMENTS, {"file": SimpleUploadedFile(name, content)}, **more)


def test_a_text_a_file_and_a_zip_are_brought_listed_and_deleted(person: Client) -> None:
    body = {"name": "notes.md", "text": "# Style\n\nShort lines."}
    assert person.post(DOCUMENTS, body, content_type="application/json").json()["passages"] == 1
    assert upload(person, "roman.py", ROMAN.encode()).status_code == 201
    assert upload(person, "repo.zip", zipped({"a.py": ROMAN.encode(), "b.png": b"\0"})).json()["skipped"] == 1
    page = person.get(DOCUMENTS).json()
    assert [row["name"] for row in page["results"]] == ["notes.md", "repo.zip/a.py", "roman.py"]
    assert page["next_after"] is None
    assert person.delete(f"{DOCUMENTS}repo.zip").status_code == 204
    assert person.delete(f"{DOCUMENTS}repo.zip").status_code == 404


def test_the_same_key_with_another_file_is_refused(person: Client) -> None:
    once = {"headers": {"Idempotency-Key": "once"}}
    assert upload(person, "a.py", ROMAN.encode(), **once).status_code == 201
    again = upload(person, "a.py", ROMAN.encode(), **once)
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
    other = upload(person, "a.py", b"something = 'else'", **once)
    assert (other.status_code, other.json()["error"]["code"]) == (422, "idempotency.key_reused")
    renamed = upload(person, "b.py", ROMAN.encode(), **once)
    assert renamed.status_code == 422


@pytest.mark.parametrize(("name", "content"), [("a.exe", b"MZ\0"), ("b.zip", b"PK"), ("c.py", b"")])
def test_a_file_that_cannot_be_remembered_is_refused(person: Client, name: str, content: bytes) -> None:
    answer = upload(person, name, content)
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, ["file"])


def test_texts_in_other_encodings_are_refused(person: Client) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.py"\r\n\r\nx = 1\r\n--x--\r\n'
    for charset, status in (("idna", 400), ("utf-16", 400), ("utf-8", 201)):
        kind = f"multipart/form-data; boundary=x; charset={charset}"
        assert person.generic("POST", DOCUMENTS, body, content_type=kind).status_code == status


def test_a_file_that_is_too_large_is_refused(person: Client) -> None:
    answer = upload(person, "big.zip", io.BytesIO(b"PK" * 6_000_000).getvalue())
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "request.too_large")
    assert not VectorMemory.objects.exists()
