"""Files through the API: brought, said, shown with what was read in them, handed out and deleted."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from agentsite.accounts import keys
from agentsite.accounts.models import StorageUsage, User
from agentsite.accounts.runtime.services import set_setting
from memory import conversations, housekeeping
from memory.attachments import services as attachments
from memory.models.attachment import Attachment
from tests.attachments import hostile, samples

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
FILES = "/api/v1/attachments/"


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def brought(client: Client, content: bytes = samples.CODE, name: str = "code.py", **headers: str) -> Any:
    return client.post(FILES, {"file": SimpleUploadedFile(name, content)}, headers=headers)


def said(client: Client, where: str, **body: object) -> Any:
    return client.post(where, json.dumps(body), content_type="application/json")


def talk(owner: User) -> str:
    conversation, _ = conversations.open_conversation(user=owner, platform="api")
    return f"/api/v1/conversations/{conversation.pk}/messages/"


def code_of(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def test_a_file_is_brought_listed_and_deleted(person: Client, owner: User) -> None:
    answer = brought(person, name="../../a<b>.py")
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["family"], made["message"], made["source"]) == ("a<b>.py", "text", None, "api")
    where = answer["Location"]
    assert person.get(where).json()["id"] == made["id"]
    assert [row["id"] for row in person.get(FILES).json()["results"]] == [made["id"]]
    assert person.get(FILES, {"family": "image"}).json()["results"] == []
    assert person.delete(where).status_code == 204
    assert person.get(where).status_code == 404
    assert StorageUsage.objects.get(user=owner).bytes_used == 0


def test_the_same_upload_with_the_same_key_is_one_file(person: Client) -> None:
    given = {"Idempotency-Key": "once"}
    first, again = brought(person, samples.CODE, "code.py", **given), brought(person, samples.CODE, "code.py", **given)
    assert first.json()["id"] == again.json()["id"]
    assert code_of(brought(person, b"other", "code.py", **given)) == "idempotency.key_reused"
    person.delete(first["Location"])
    assert brought(person, samples.CODE, "code.py", **given).status_code == 404


def test_what_a_file_holds_is_saved_and_never_shown_in_place(person: Client) -> None:
    page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
    made = brought(person, page, "Привет.html").json()
    answer = person.get(f"{FILES}{made['id']}/content/")
    assert answer.content == page
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''")
    assert (answer["X-Content-Type-Options"], "sandbox" in answer["Content-Security-Policy"]) == ("nosniff", True)
    assert "no-store" in answer["Cache-Control"]


def test_nobody_elses_file_is_there(person: Client, stranger: User, owner: User) -> None:
    foreign = attachments.store(user=stranger, name="a", content=samples.CODE, source="api")
    for where in (f"{FILES}{foreign.pk}/", f"{FILES}{foreign.pk}/content/"):
        assert person.get(where).status_code == 404
    assert person.delete(f"{FILES}{foreign.pk}/").status_code == 404
    assert person.get(FILES).json()["results"] == []
    refused = said(person, talk(owner), content="x", attachments=[str(foreign.pk)])
    assert refused.json()["error"]["fields"].keys() == {"attachments"}


@pytest.mark.parametrize("name", hostile.REFUSED)
def test_hostile_uploads_are_refused_with_a_clear_answer(person: Client, name: str) -> None:
    make, code = hostile.REFUSED[name]
    answer = brought(person, make(), "photo.png")
    if code == "empty" and not make():
        assert code_of(answer) == "request.invalid"
    else:
        assert (code_of(answer), bool(answer.json()["error"]["hint"])) == (f"attachment.{code}", True)
    assert 400 <= answer.status_code < 500
    assert not Attachment.objects.exists()


def test_a_message_lists_its_files_with_the_beginning_of_what_was_read(person: Client, owner: User) -> None:
    where, made = talk(owner), brought(person).json()
    answer = said(person, where, attachments=[made["id"]])
    assert answer.status_code == 201
    assert answer.json()["attachments"][0]["id"] == made["id"]
    file = Attachment.objects.get()
    attachments.write_down(file, "tool_result", {"is_cut": False}, "x" * 5_000)
    shown = person.get(where).json()["results"][0]["attachments"][0]
    read = {row["kind"]: row for row in shown["artifacts"]}
    assert set(read) == {"file_meta", "tool_result"}
    assert (len(read["tool_result"]["text"]), read["tool_result"]["characters"]) == (2_000, 5_000)
    whole = person.get(f"{FILES}{made['id']}/").json()["artifacts"]
    assert [len(row["text"]) for row in whole if row["kind"] == "tool_result"] == [5_000]
    assert said(person, where, content="again", attachments=[made["id"]]).status_code == 400
    assert said(person, where, content="").status_code == 400


def test_lists_cost_the_same_however_many_files_there_are(
    person: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    where = talk(owner)
    for _ in range(4):
        said(person, where, content="x", attachments=[brought(person).json()["id"] for _ in range(2)])
    with django_assert_max_num_queries(12):
        assert len(person.get(where).json()["results"]) == 4
    with django_assert_max_num_queries(10):
        assert len(person.get(FILES).json()["results"]) == 8


def test_the_largest_size_is_a_setting(person: Client) -> None:
    set_setting(user=None, name="ATTACHMENT_MAX_MB", value="1")
    answer = brought(person, b"x" * 1_000_001)
    assert (answer.status_code, code_of(answer)) == (413, "attachment.too_large")


def test_who_may_only_read_brings_nothing(client: Client, owner: User, viewer: User) -> None:
    client.force_login(viewer)
    assert code_of(brought(client)) == "request.forbidden"
    client.logout()
    secret = keys.create_api_key(user=owner, name="reads", scopes=["memory:read"]).secret
    assert code_of(brought(client, Authorization=f"Bearer {secret}")) == "key.scope_missing"
    assert client.get(FILES, headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_files_that_are_never_said_go_after_a_day(person: Client, owner: User) -> None:
    kept = said(person, talk(owner), attachments=[brought(person).json()["id"]]).json()["attachments"][0]["id"]
    brought(person)
    Attachment.objects.update(created_at=timezone.now() - attachments.UNSAID_FOR)
    young = brought(person).json()["id"]
    assert housekeeping.tidy()["attachments"] == 1
    assert {str(pk) for pk in Attachment.objects.values_list("pk", flat=True)} == {kept, young}
    assert StorageUsage.objects.get(user=owner).bytes_used == 2 * len(samples.CODE)
