"""Taking one's data along, and ending an account."""

import io
import json
import zipfile
from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client

from agentsite.accounts import invitations, keys
from agentsite.accounts.models import ApiKey, Invitation, User
from audit.models import AuditLog
from builds.approvals import services as approvals
from builds.models.analysis import CodeAnalysis
from builds.models.approval import Approval
from builds.models.build import Build
from builds.models.job import Job
from builds.models.run import Run
from builds.webhooks import services as webhooks
from memory import artifacts, conversations, facts, memories, stats
from memory.attachments import services as attachments
from memory.models.artifact import MessageArtifact
from memory.models.attachment import Attachment
from memory.models.conversation import Conversation
from memory.models.fact import Fact
from memory.models.memory import Memory
from memory.models.message import Message
from memory.models.stat import Stat
from tests import factories
from tests.flows.analysed import submitted
from tests.talking.conversing import PROPOSAL, opened, said

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


@pytest.fixture
def person(client: Client, owner: User) -> Client:
    return proved(client, owner)


def proved(client: Client, user: User) -> Client:
    """Log in, and give the password once more."""
    cache.clear()
    client.force_login(user)
    client.post("/account/reauthenticate/", {"password": "password"})
    return client


def taken_along(client: Client) -> zipfile.ZipFile:
    answer: Any = client.get("/account/export/")
    return zipfile.ZipFile(io.BytesIO(answer.getvalue()))


def test_the_zip_holds_what_is_ones_own_and_nothing_of_others(person: Client, owner: User, stranger: User) -> None:
    build, other = factories.completed(owner), factories.completed(stranger)
    secret = keys.create_api_key(user=owner, name="laptop").secret
    hook = webhooks.create_endpoint(user=owner, url="https://example.org/hook", kinds=["build.submitted"])
    factories.submitted(owner)
    archive = taken_along(person)
    names = archive.namelist()
    assert f"builds/{build.id}/attempt-2/roman.py" in names
    assert not [name for name in names if str(other.id) in name]
    assert json.loads(archive.read("account.json"))["username"] == "owner"
    assert json.loads(archive.read("keys.json"))[0]["name"] == "laptop"
    assert len(archive.read(f"builds/{build.id}/events.jsonl").splitlines()) > 1
    everything = b"".join(archive.read(name) for name in names)
    assert json.loads(archive.read("webhooks.json"))[0]["url"] == "https://example.org/hook"
    assert b"build.submitted" in archive.read("webhook-deliveries.jsonl")
    assert secret.encode() not in everything
    assert hook.secret.encode() not in everything
    assert hook.endpoint.secret_encrypted.encode() not in everything
    assert owner.password.encode() not in everything


def test_the_zip_holds_analyses_with_the_code_that_was_sent_in(person: Client, owner: User, stranger: User) -> None:
    mine, other = (submitted(user, files={"pkg/half.py": "x = 1\n"}) for user in (owner, stranger))
    factories.completed(owner)
    archive = taken_along(person)
    assert archive.read(f"analyses/{mine.id}/code/pkg/half.py") == b"x = 1\n"
    assert json.loads(archive.read(f"analyses/{mine.id}/analysis.json"))["state"] == "pending"
    assert len([name for name in archive.namelist() if name.endswith("/analysis.json")]) == 2
    assert not [name for name in archive.namelist() if str(other.id) in name]


def fill_memory(user: User) -> None:
    memories.remember(user=user, memory_type="preference", key="style", value=f"{user} short lines")
    facts.add_fact(user=user, fact_text=f"{user} rains")
    stats.record_stat(user=user, stat_type=f"{user} speed", value=1)
    conversation, _ = conversations.open_conversation(user=user, platform="web", title=f"{user} at work")
    said, _ = conversations.append_message(conversation=conversation, role="user", content=f"{user} says hello")
    artifacts.attach(message=said, kind="ocr_text", content={"text": f"{user} reads"})


def test_the_zip_holds_what_is_remembered(person: Client, owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        fill_memory(user)
    archive = taken_along(person)
    for name in ("memories", "facts", "stats", "conversations", "messages", "artifacts"):
        (line,) = archive.read(f"{name}.jsonl").splitlines()
        assert b"owner" in line
        assert b"stranger" not in line
    assert "history_retention_days" in json.loads(archive.read("account.json"))


def test_the_zip_holds_what_was_talked_about(person: Client, owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        job = said(opened(user), f"{user} wants a program")
        with transaction.atomic():
            approvals.ask(job, PROPOSAL, f"I would build what {user} wants.")
    archive = taken_along(person)
    for name in ("jobs", "approvals"):
        (line,) = archive.read(f"{name}.jsonl").splitlines()
        assert json.loads(line)["user_id"] == owner.pk
    person.post("/account/close/", {"typed_name": "owner"})
    assert Job.objects.get().user == stranger
    assert Approval.objects.get().status == "pending"


def test_an_account_goes_with_all_that_is_remembered(person: Client, owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        fill_memory(user)
    person.post("/account/close/", {"typed_name": "owner"})
    assert not User.objects.filter(username="owner").exists()
    for model in (Memory, Fact, Stat, Conversation, Message, MessageArtifact):
        assert model.objects.count() == 1
    assert Memory.objects.get().user == stranger


def test_who_was_not_asked_for_a_password_just_now_is_asked(client: Client, owner: User) -> None:
    client.force_login(owner)
    assert "/reauthenticate/" in client.get("/account/close/")["Location"]
    client.post("/account/close/", {"typed_name": "owner"})
    assert User.objects.filter(pk=owner.pk).exists()


def test_a_name_that_was_typed_wrong_deletes_nothing(person: Client, owner: User) -> None:
    assert person.get("/account/close/").status_code == 200
    assert person.post("/account/close/", {"typed_name": "Owner"}).status_code == 400
    assert User.objects.filter(pk=owner.pk).exists()


def test_an_account_goes_with_all_that_is_its_own_and_the_log_keeps_its_name(
    person: Client, owner: User, stranger: User
) -> None:
    factories.completed(owner)
    factories.submitted(owner)
    submitted(owner, code="x = 1\n")
    kept = factories.completed(stranger)
    keys.create_api_key(user=owner, name="laptop")
    assert person.post("/account/close/", {"typed_name": "owner"})["Location"] == "/login/"
    assert not User.objects.filter(username="owner").exists()
    assert [build.id for build in Build.objects.all()] == [kept.id]
    assert [run.id for run in Run.objects.all()] == [kept.run_id]
    assert not ApiKey.objects.exists()
    assert {analysis.build_id for analysis in CodeAnalysis.objects.all()} == {kept.id}
    assert AuditLog.objects.get(action="user.deleted").user_label == "owner"
    assert AuditLog.objects.filter(action="build.submitted", user_label="owner").exists()
    assert person.get("/builds/").status_code == 302


def test_no_invitation_keeps_the_address_of_an_account_that_ended(person: Client, owner: User, operator: User) -> None:
    invitations.invite(by=operator, email="owner@example.org")
    User.objects.filter(pk=owner.pk).update(email="Owner@example.org")
    person.post("/account/close/", {"typed_name": "owner"})
    assert not User.objects.filter(pk=owner.pk).exists()
    assert not Invitation.objects.exists()


def test_the_last_operator_stays(client: Client, operator: User) -> None:
    assert proved(client, operator).post("/account/close/", {"typed_name": "operator"}).status_code == 409
    assert User.objects.filter(pk=operator.pk).exists()


def test_the_zip_holds_the_files_of_messages(person: Client, owner: User, stranger: User) -> None:
    for user in (owner, stranger):
        attachments.store(user=user, name="C:a/b.py", content=b"x = 1\n", source="web")
    made = Attachment.objects.get(user=owner)
    archive = taken_along(person)
    files = [name for name in archive.namelist() if name.startswith("attachments/")]
    assert files == [f"attachments/{made.pk}/b.py"]
    assert archive.read(files[0]) == b"x = 1\n"
    assert json.loads(archive.read("attachments.jsonl"))["sha256"] == made.sha256
