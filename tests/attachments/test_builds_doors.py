"""Files at the doors of builds: the form of the start page, the API, the page of a build, own data."""

import io
import zipfile
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from agentsite.accounts.models import User
from builds import export
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment
from memory.attachments import services
from memory.models.attachment import Attachment
from tests import factories
from tests.attachments.sending import kept
from tests.talking.programs import program_of, refusal, sent

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def send(page: Client, *files: tuple[str, bytes], token: str = "", **changes: Any) -> Any:
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    fields = {"requirements": "Roman numerals", "language": "python", "token": token or uuid4().hex, "uploads": uploads}
    return page.post("/builds/new", fields | changes)


def names_of(build: Build) -> list[str]:
    return list(build.attachments.values_list("name", flat=True))


def test_files_of_the_form_come_with_the_build(page: Client) -> None:
    answer = send(page, ("notes.txt", b"words"), ("more.py", b"print(1)"))
    build = Build.objects.get()
    assert answer.headers["Location"] == build.get_absolute_url()
    assert names_of(build) == ["notes.txt", "more.py"]
    assert set(Attachment.objects.values_list("source", flat=True)) == {"web"}


def test_the_same_form_sent_twice_stores_its_files_once(page: Client) -> None:
    token = uuid4().hex
    send(page, ("notes.txt", b"words"), token=token)
    send(page, ("notes.txt", b"words"), token=token)
    assert (Build.objects.count(), Attachment.objects.count()) == (1, 1)


def test_a_mistake_elsewhere_loses_no_file(page: Client) -> None:
    answer = send(page, ("notes.txt", b"words"), requirements="")
    assert answer.status_code == 400
    file = Attachment.objects.get()
    assert f'name="kept" value="{file.pk}"' in answer.content.decode()
    send(page, kept=[str(file.pk)])
    assert names_of(Build.objects.get()) == ["notes.txt"]


def test_a_file_that_is_not_taken_is_told_beside_the_field_and_the_others_stay(page: Client) -> None:
    answer = send(page, ("notes.txt", b"words"), ("strange.bin", b"\x00\xff\xfe\x81"))
    content = answer.content.decode()
    assert answer.status_code == 400
    assert "“strange.bin”: This kind of file is not taken" in content
    assert 'id="id_uploads_error"' in content
    assert f'name="kept" value="{Attachment.objects.get(name="notes.txt").pk}"' in content
    assert not Build.objects.exists()


def test_nobody_takes_anothers_file_along(page: Client, stranger: User) -> None:
    answer = send(page, kept=[str(kept(stranger).pk)])
    assert answer.status_code == 400
    assert "notes.txt" not in answer.content.decode()
    assert not Build.objects.exists()


def test_a_program_names_files_and_reads_what_came_of_them(owner: User, stranger: User) -> None:
    program = program_of(owner)
    wanted = {"project_name": "a", "requirements": "b", "attachments": [str(kept(owner).pk)]}
    made = sent(program, "post", "/builds/", wanted)
    assert made.status_code == 201
    [came] = made.json()["attachments"]
    assert (came["name"], came["family"], came["text"], came["read_at"]) == ("notes.txt", "text", "", None)
    foreign = sent(program, "post", "/builds/", wanted | {"attachments": [str(kept(stranger).pk)]})
    assert refusal(foreign) == (400, "request.invalid")
    assert "attachments" in foreign.json()["error"]["fields"]


def test_the_page_shows_what_came_along_escaped_and_the_file_to_its_owner_alone(page: Client, owner: User) -> None:
    build = factories.submitted(owner, attachments=[kept(owner, "<b>.txt").pk])
    BuildAttachment.objects.update(text="<script>alert(1)</script>", read_at="2026-11-30T00:00:00Z")
    content = page.get(build.get_absolute_url()).content.decode()
    assert "&lt;b&gt;.txt" in content
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in content
    assert f"/api/v1/attachments/{Attachment.objects.get().pk}/content/" in content
    operator = Client()
    operator.force_login(User.objects.create_superuser("boss", password="password"))
    content = operator.get(build.get_absolute_url()).content.decode()
    assert "&lt;b&gt;.txt" in content
    assert "/content/" not in content


def test_a_note_says_in_words_why_nothing_was_read(page: Client, owner: User) -> None:
    build = factories.submitted(owner, attachments=[kept(owner).pk])
    BuildAttachment.objects.update(note="transcription.not_connected", read_at="2026-11-30T00:00:00Z")
    assert "the operator has connected no transcription" in page.get(build.get_absolute_url()).content.decode()


def test_own_data_hold_what_a_build_was_shown(owner: User) -> None:
    build = factories.submitted(owner, attachments=[kept(owner).pk])
    target = io.BytesIO()
    export.write_export(owner, target)
    told = zipfile.ZipFile(target).read(f"builds/{build.id}/attachments.json").decode()
    assert "notes.txt" in told


def test_a_file_that_a_build_has_outlives_the_day(owner: User) -> None:
    factories.submitted(owner, attachments=[kept(owner, "used.txt").pk])
    kept(owner, "unused.txt")
    Attachment.objects.update(created_at="2026-01-01T00:00:00Z")
    assert services.delete_unsaid() == 1
    assert Attachment.objects.get().name == "used.txt"
    Build.objects.all().delete()
    assert services.delete_unsaid() == 1
