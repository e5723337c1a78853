"""Bringing one's own documents: texts, code and zips, also hostile ones."""

import io
import struct
import tracemalloc
import zipfile

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from memory import archives, documents, retrieval
from memory.models.vectors import VectorMemory
from memory.scope import Scope

pytestmark = pytest.mark.engine_in_part

CODE = b"def to_roman(number):\n    return numerals(number)\n"
NOTES = b"# Style\n\nWe write tests first.\n"


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return held.getvalue()


def imported(user: User, name: str, content: bytes) -> documents.Imported:
    return documents.import_upload(user=user, name=name, stream=io.BytesIO(content), size=len(content))


def refusal(user: User, name: str, content: bytes) -> AppError:
    with pytest.raises(AppError) as caught:
        imported(user, name, content)
    assert not VectorMemory.objects.exists()
    return caught.value


def names(user: User) -> list[str]:
    return [document.source_file for document in documents.listed(user)]


def test_a_code_file_and_a_text_are_found_on_their_shelves(owner: User) -> None:
    assert imported(owner, "roman.py", CODE) == documents.Imported(files=1, passages=1, skipped=0)
    documents.import_text(user=owner, name="Notes on style", text=NOTES.decode())
    code = retrieval.search(Scope(owner.id, ("code",)), "roman numerals")[0]
    docs = retrieval.search(Scope(owner.id, ("docs",)), "tests first")[0]
    assert (code.source, code.language, code.content_type) == ("own:roman.py", "python", "code")
    assert (docs.source, docs.language, docs.content_type) == ("own:Notes on style.txt", "", "documentation")


def test_a_zip_of_a_repository_is_read_without_what_others_wrote(owner: User) -> None:
    content = zipped(
        {
            "repo/roman.py": CODE,
            "repo/README.md": NOTES,
            "repo/.git/config": b"[core]",
            "repo/node_modules/left/pad.js": b"function pad() { return 'left' }",
            "repo/logo.png": b"\x89PNG\0\0",
            "repo/latin.txt": "Käse".encode("latin-1"),
            "../../etc/evil.py": CODE,
            "/etc/evil.py": CODE,
        }
    )
    assert imported(owner, "repo.zip", content) == documents.Imported(files=2, passages=2, skipped=6)
    assert names(owner) == ["repo.zip/repo/README.md", "repo.zip/repo/roman.py"]


def test_the_same_name_again_replaces_what_was_there(owner: User) -> None:
    imported(owner, "repo.zip", zipped({"a.py": CODE, "b.py": CODE}))
    imported(owner, "repo.zip", zipped({"b.py": b"def changed():\n    pass\n"}))
    assert names(owner) == ["repo.zip/b.py"]
    assert "changed" in VectorMemory.objects.get().content


def test_nothing_of_anybody_else_is_replaced_listed_or_deleted(owner: User, stranger: User) -> None:
    imported(owner, "repo.zip", zipped({"a.py": CODE}))
    imported(stranger, "repo.zip", zipped({"b.py": CODE}))
    assert (names(owner), names(stranger)) == (["repo.zip/a.py"], ["repo.zip/b.py"])
    assert documents.delete_document(user=stranger, name="repo.zip") == 1
    assert names(owner) == ["repo.zip/a.py"]


def test_a_file_or_a_whole_archive_can_be_deleted(owner: User) -> None:
    imported(owner, "repo.zip", zipped({"a.py": CODE, "b.py": CODE + b"# b", "c.md": NOTES}))
    imported(owner, "repo.zipper.py", CODE)
    assert documents.delete_document(user=owner, name="repo.zip/a.py") == 1
    assert documents.delete_document(user=owner, name="repo.zip") == 2
    assert documents.delete_document(user=owner, name="repo.zip") == 0
    assert names(owner) == ["repo.zipper.py"]
    kept = AuditLog.objects.filter(action="memory.document_deleted")
    assert [entry.details for entry in kept.order_by("id")] == [{"passages": 1}, {"passages": 2}]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("photo.png", b"\x89PNG\r\n\x1a\n\0"),
        ("binary.py", b"\0\1\2"),
        ("latin.txt", "Käse".encode("latin-1")),
        ("empty.txt", b"  \n"),
        ("noending", b"text"),
        ("big.txt", b"x" * (archives.MAX_FILE_BYTES + 1)),
        ("broken.zip", b"PK\x03\x04 not a zip"),
        ("empty.zip", zipped({})),
        ("nothing.zip", zipped({"a.png": b"\x89PNG"})),
        ("", CODE),
        ("a\u202eb.py", CODE),
        ("x" * 300 + ".py", CODE),
    ],
)
def test_what_cannot_be_remembered_is_refused_with_a_reason(owner: User, name: str, content: bytes) -> None:
    error = refusal(owner, name, content)
    assert (error.code, error.http_status) == ("request.invalid", 400)


def test_a_bomb_is_refused_in_bounded_memory(owner: User) -> None:
    bomb = zipped({f"{number}.txt": b"0" * archives.MAX_FILE_BYTES for number in range(30)})
    assert len(bomb) < 100_000
    tracemalloc.start()
    error = refusal(owner, "bomb.zip", bomb)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert error.code == "request.invalid"
    assert peak < 4 * archives.MAX_TEXT_BYTES


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_method_that_cannot_be_unpacked_in_bounds_is_not_unpacked(owner: User, method: int) -> None:
    bomb = zipped({"bomb.txt": b"a" * 50_000_000}, method)
    tracemalloc.start()
    assert refusal(owner, "bomb.zip", bomb).code == "request.invalid"
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


def test_what_would_make_too_many_passages_is_refused_before_anything_is_stored(owner: User) -> None:
    many = "".join(f"def f{number}():\n    return {number}\n\n\n" for number in range(399)).encode()
    with CaptureQueriesContext(connection) as queries:
        error = refusal(owner, "many.zip", zipped({f"{number}.py": many for number in range(100)}))
    assert error.code == "request.invalid"
    assert not [query for query in queries if query["sql"].startswith("INSERT")]


def test_names_that_differ_in_case_are_two(owner: User) -> None:
    imported(owner, "Repo.zip", zipped({"a.py": CODE}))
    imported(owner, "repo.zip", zipped({"b.py": CODE}))
    assert names(owner) == ["Repo.zip/a.py", "repo.zip/b.py"]
    assert documents.delete_document(user=owner, name="REPO.ZIP") == 0


def test_a_name_with_a_nul_deletes_what_it_was_stored_under(owner: User) -> None:
    imported(owner, "a.py", CODE)
    assert documents.delete_document(user=owner, name="a.py\0") == 1


def test_members_whose_names_cannot_be_shown_are_left_out(owner: User) -> None:
    content = zipped({"a\nIgnore all\x1b[2J.md": NOTES, "\u202egpj.md": NOTES, "b.md": NOTES})
    assert imported(owner, "odd.zip", content).skipped == 2


def test_a_header_that_lies_about_a_size_fools_nobody(owner: User) -> None:
    content = bytearray(zipped({"a.txt": b"0" * (3 * archives.MAX_FILE_BYTES)}))
    place = content.rindex(b"PK\x01\x02") + 24
    content[place : place + 4] = struct.pack("<I", 10)
    assert refusal(owner, "liar.zip", bytes(content)).code == "request.invalid"


def test_too_many_members_are_refused(owner: User) -> None:
    content = zipped({f"{number}.txt": b"text" for number in range(archives.MAX_FILES + 1)})
    assert refusal(owner, "many.zip", content).code == "request.invalid"


def test_there_is_room_for_so_many_passages(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_PASSAGES", 1)
    imported(owner, "a.py", CODE)
    with pytest.raises(AppError) as caught:
        imported(owner, "b.py", CODE)
    assert caught.value.code == "memory.full"
    assert names(owner) == ["a.py"]


def test_documents_are_listed_page_by_page_and_by_words(owner: User) -> None:
    for name in ("c.py", "a.py", "b.md"):
        imported(owner, name, CODE)
    assert [row.source_file for row in documents.listed(owner, limit=2)] == ["a.py", "b.md"]
    assert [row.source_file for row in documents.listed(owner, after="b.md")] == ["c.py"]
    assert [row.source_file for row in documents.listed(owner, words=".md")] == ["b.md"]


def test_somebody_who_became_a_viewer_can_still_delete_what_is_theirs(owner: User) -> None:
    imported(owner, "a.py", CODE)
    User.objects.filter(pk=owner.pk).update(role="viewer")
    owner.refresh_from_db()
    assert documents.delete_document(user=owner, name="a.py") == 1


def test_a_viewer_brings_nothing(viewer: User) -> None:
    assert refusal(viewer, "a.py", CODE).http_status == 403
