"""What a conversation used, and a copy of it, over the API."""

import json
from decimal import Decimal
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_thread
from django.test import Client

from agentsite.accounts import keys
from agentsite.accounts.models import User
from builds.models.build import Build
from builds.models.usage import TokenUsage
from memory.models.conversation import Conversation
from tests import factories
from tests.flows.reading import reading
from tests.talking.conversing import opened, said, talked
from tests.talking.programs import program_of, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals."


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return opened(owner)


@pytest.fixture
def program(owner: User) -> Client:
    return program_of(owner)


def spent(owner: User, key: str, **what: Any) -> None:
    TokenUsage.objects.create(
        user=owner,
        provider="openai",
        model="m",
        tokens_input=10,
        tokens_output=5,
        tokens_total=15,
        cost_usd=Decimal("0.25"),
        call_key=key,
        **what,
    )


def test_a_conversation_tells_what_its_jobs_and_builds_used(
    program: Client, conversation: Conversation, owner: User, stranger: User
) -> None:
    job, build = said(conversation, "Hello"), factories.submitted(owner)
    Build.objects.filter(id=build.id).update(conversation=conversation)
    spent(owner, "one", job=job)
    spent(owner, "two", build=build)
    spent(owner, "both", job=job, build=build)
    spent(owner, "elsewhere", job=said(opened(owner), "Hello"))
    used = sent(program, "get", f"/conversations/{conversation.pk}/usage/").json()
    assert (used["calls"], used["tokens_input"], used["tokens_output"]) == (3, 30, 15)
    assert used["cost_usd"] == "0.750000"
    assert sent(program_of(stranger), "get", f"/conversations/{conversation.pk}/usage/").status_code == 404


async def test_a_conversation_is_exported_in_order_with_what_is_known(
    conversation: Conversation, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builds.api.talking._PAGE", 2)
    job = await in_thread(talked)(conversation, "Hello «there»!")
    await in_thread(talked)(conversation, ROMAN)
    secret = (await in_thread(keys.create_api_key)(user=owner, name="program")).secret
    path = f"/api/v1/conversations/{conversation.pk}/export/"
    async with reading(path, authorization=f"Bearer {secret}") as reader:
        assert reader.headers["content-disposition"] == f'attachment; filename="conversation-{conversation.pk}.json"'
        copy = json.loads(await reader.body())
    assert copy["conversation"]["id"] == str(conversation.pk)
    assert [message["seq"] for message in copy["messages"]] == [1, 2, 3, 4]
    assert copy["messages"][0]["content"] == "Hello «there»!"
    assert copy["messages"][1]["metadata"]["job"] == str(job.id)
    assert "approval" in copy["messages"][3]["metadata"]


def test_an_empty_conversation_is_exported_and_nobody_elses_is(
    program: Client, conversation: Conversation, stranger: User
) -> None:
    where = f"/conversations/{conversation.pk}/export/"
    assert json.loads(b"".join(sent(program, "get", where)))["messages"] == []
    assert sent(program_of(stranger), "get", where).status_code == 404
