"""The operator's lists: each of them opens, and costs as many queries with many rows as with few."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import Group
from django.db import connection, transaction
from django.db.models import Model
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_celery_results.models import GroupResult, TaskResult

from agentsite.accounts.invitations import invite
from agentsite.accounts.keys import create_api_key
from agentsite.accounts.models import User
from agentsite.accounts.runtime import reading
from agentsite.accounts.runtime.services import set_setting
from audit import sealing
from audit.models import AuditAnchor, AuditTombstone
from builds.approvals import services as approvals
from builds.approvals.policy import change_preference
from builds.models.price import ModelPrice
from builds.models.reservation import Reservation
from builds.models.usage import TokenUsage
from builds.webhooks.services import create_endpoint
from memory import artifacts, conversations, facts, memories, stats
from memory.attachments import services as attachments
from memory.models.usage import PassageUse
from memory.services import Document, index_passages
from telegram_link import contacts, inbox, outbox
from telegram_link.models import Joke
from tests import factories
from tests.deployments import made as deployments
from tests.flows.analysed import submitted
from tests.talking.conversing import PROPOSAL, opened, said

pytestmark = pytest.mark.django_db
LISTS = sorted(model._meta.label_lower for model in admin.site._registry)
FEW, MANY = 2, 6


def fill(count: int) -> None:
    """Add a row of everything the console lists, each with an owner of its own."""
    for _ in range(count):
        number = User.objects.count()
        owner = User.objects.create_user(f"owner-{number}", password="password")
        build = factories.completed(owner)
        submitted(owner, code="x = 1\n")
        create_api_key(user=owner, name="laptop")
        create_endpoint(user=owner, url="https://example.org/", kinds=["build.submitted"])
        factories.submitted(owner)
        deployments.waiting(owner, build)
        document = Document("roman", "def four() -> str: ...", "roman.py")
        index_passages(user_id=owner.id, build_id=build.id, collection="code", verified=True, documents=[document])
        fill_memory(owner)
        PassageUse.objects.create(user=owner, build=build, rank=1, score=1.0, source="library:roman.py")
        ModelPrice.objects.create(
            provider="openai", pattern=f"model {number}", since="2026-01-01", input_usd=1, output_usd=1
        )
        TokenUsage.objects.create(user=owner, build=build, provider="openai", model="gpt-4o", call_key=f"call {number}")
        Reservation.objects.create(user=owner, build=build, call_key=f"call {number}", amount_usd=1)
        invite(by=owner, email=f"guest-{number}@example.org")
        EmailAddress.objects.create(user=owner, email=f"owner-{number}@example.org")
        Authenticator.objects.create(user=owner, type=Authenticator.Type.TOTP, data={})
        UserSession.objects.create(user=owner, ip="127.0.0.1", session_key=f"session-{number}")
        Group.objects.create(name=f"group {number}")
        TaskResult.objects.create(task_id=f"task-{number}", task_name="builds.tidy")
        GroupResult.objects.create(group_id=f"group-{number}")
        fill_talk(owner)
        fill_chat(owner)
        set_setting(user=None, name="AGENT_MAX_REPAIRS", value=str(number % 20))
        sealing.seal_all()
        fill_audit(number)
        LogEntry.objects.create(user=owner, object_id=str(build.id), object_repr="a build", action_flag=CHANGE)
    reading.take_as_known({}, seconds=3_600)  # a change has them read every few seconds, by whichever page comes then


def fill_audit(number: int) -> None:
    now = timezone.now()
    moments = dict.fromkeys(("first_moment", "last_moment", "created_at"), now)
    AuditTombstone.objects.create(first_seal=number, last_seal=number, entry_count=0, **moments)
    AuditAnchor.objects.create(number=number, told_hash="0" * 64, told_at=now)


def fill_talk(owner: User) -> None:
    change_preference(user=owner, while_busy="queue")
    job = said(opened(owner), "Write to_roman(number).")
    with transaction.atomic():
        approvals.ask(job, PROPOSAL, "I would build it.")


def fill_chat(owner: User) -> None:
    contact = contacts.met({"id": owner.pk, "first_name": "Ada"}, owner.pk)
    inbox.store([{"update_id": owner.pk}])
    outbox.say(contact, "Hello", key=f"hello:{owner.pk}")
    Joke.objects.create(language="en", text=f"Joke {owner.pk}")


def fill_memory(owner: User) -> None:
    memories.remember(user=owner, memory_type="preference", key="style", value="short lines")
    facts.add_fact(user=owner, fact_text="Our servers run Debian.")
    stats.record_stat(user=owner, stat_type="speed", value=1.5)
    conversation, _ = conversations.open_conversation(user=owner, platform="web")
    said, _ = conversations.append_message(conversation=conversation, role="user", content="Hello")
    artifacts.attach(message=said, kind="ocr_text", content={"text": "Hello"})
    attachments.store(user=owner, name="code.py", content=b"x = 1\n", source="web")


def queries_of(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.fixture
def console(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def test_longer_lists_need_no_more_queries(console: Client) -> None:
    fill(FEW)
    asked = {each: queries_of(console, path_of(each)) for each in LISTS}
    rows = {each: rows_of(each) for each in LISTS}
    fill(MANY)
    assert [each for each in LISTS if rows_of(each) < rows[each] + MANY] == []
    assert {each: queries_of(console, path_of(each)) for each in LISTS} == asked


def path_of(label: str) -> str:
    return reverse("admin:{}_{}_changelist".format(*label.split(".")))


def rows_of(label: str) -> int:
    listed: type[Model] = next(one for one in admin.site._registry if one._meta.label_lower == label)
    return listed._default_manager.count()
