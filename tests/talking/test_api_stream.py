"""A conversation by Server-Sent Events."""

import asyncio
import json
from contextlib import aclosing
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_thread

from agentsite.accounts import keys
from agentsite.accounts.models import Scope, User
from builds import services, sse
from builds.chat_streams import ChatStream
from builds.jobs import services as jobs
from builds.models.build import Build
from builds.models.job import Job
from builds.runs import live
from builds.viewers import Viewer
from memory import conversations
from memory.models.conversation import Conversation
from tests import factories
from tests.flows.reading import Message, reading
from tests.talking.conversing import opened, said, talked, work
from tests.talking.programs import program_of, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return opened(owner)


@pytest.fixture
def secret(owner: User) -> str:
    return keys.create_api_key(user=owner, name="program", scopes=[Scope.MEMORY_READ]).secret


def path_of(conversation: Conversation, query: str = "") -> str:
    return f"/api/v1/conversations/{conversation.pk}/stream/{query}"


def by(secret: str) -> dict[str, str]:
    return {"authorization": f"Bearer {secret}", "accept": "text/event-stream"}


async def nothing_is_left() -> None:
    async with asyncio.timeout(15):
        while len(sse.streams) or [task for task in asyncio.all_tasks() if "builds" in repr(task)]:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def archive(conversation: Conversation) -> None:
    conversations.change_conversation(user=conversation.user, conversation=conversation, status="archived")


def of_kind(seen: list[Message], kind: str) -> list[Any]:
    return [message.data for message in seen if message.kind == kind]


async def test_what_is_said_and_done_is_told_as_it_happens(conversation: Conversation, secret: str) -> None:
    async with reading(path_of(conversation), **by(secret)) as reader:
        job = await in_thread(talked)(conversation, "Hello there!")
        seen = await reader.until("job")
        while of_kind(seen, "job")[-1]["status"] != "done" or len(of_kind(seen, "message")) < 2:
            message = await reader.next()
            assert message is not None
            seen.append(message)
    told = [message for message in seen if message.kind == "message"]
    assert [(message.id, message.data["role"]) for message in told] == [("1", "user"), ("2", "assistant")]
    last = of_kind(seen, "job")[-1]
    assert last == {"id": str(job.id), "status": "done", "mode": "answer", "build": None, "approval": None}
    await nothing_is_left()


async def test_a_message_is_the_one_of_the_list(conversation: Conversation, owner: User, secret: str) -> None:
    await in_thread(talked)(conversation, "Hello «there»!")
    program = await in_thread(program_of)(owner)
    listed = await in_thread(sent)(program, "get", f"/conversations/{conversation.pk}/messages/")
    async with reading(path_of(conversation), **by(secret)) as reader:
        seen = await reader.until("job")
    assert of_kind(seen, "message") == listed.json()["results"][::-1]


async def test_a_proposal_and_its_build_are_told_until_the_end(
    conversation: Conversation, owner: User, secret: str
) -> None:
    program = await in_thread(program_of)(owner)
    await in_thread(talked)(conversation, ROMAN)
    async with reading(path_of(conversation), **by(secret)) as reader:
        (job,) = of_kind(await reader.until("job"), "job")
        assert (job["status"], job["mode"]) == ("waiting", "execute")
        yes = await in_thread(sent)(program, "post", f"/approvals/{job['approval']}/approve/")
        assert yes.status_code == 200
        await in_thread(work)()
        await in_thread(archive)(conversation)
        seen = await reader.until("end")
        assert await reader.next() is None
    build = await in_thread(Build.objects.get)()
    assert of_kind(seen, "build")[-1] == {"id": str(build.id), "status": "completed", "verification": "verified"}
    assert of_kind(seen, "job")[-1] == job | {"status": "done", "build": str(build.id), "approval": None}
    assert seen[-1].data == {"reason": "archived"}
    await nothing_is_left()


@pytest.mark.parametrize(("query", "header", "first"), [("?after=2", "", 3), ("?after=1", "3", 4), ("", "", 1)])
async def test_a_program_that_comes_back_misses_none(
    conversation: Conversation, secret: str, query: str, header: str, first: int
) -> None:
    for number in range(4):
        await in_thread(said)(conversation, f"Hello {number}")
    more = {"last_event_id": header} if header else {}
    async with reading(path_of(conversation, query), **more, **by(secret)) as reader:
        assert await reader.numbers(5 - first) == list(range(first, 5))


async def test_a_long_conversation_comes_in_several_looks(
    conversation: Conversation, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("builds.jobs.selectors.MAX_MESSAGES", 2)
    for number in range(5):
        await in_thread(said)(conversation, f"Hello {number}")
    await in_thread(archive)(conversation)
    async with reading(path_of(conversation), **by(secret)) as reader:
        seen = await reader.until("end")
    assert [message.id for message in seen if message.kind == "message"] == ["1", "2", "3", "4", "5"]
    assert len(of_kind(seen, "job")) == 5


async def test_a_number_that_was_not_given_out_is_answered_with_a_reset(
    conversation: Conversation, secret: str
) -> None:
    await in_thread(said)(conversation, "Hello")
    async with reading(path_of(conversation, "?after=9"), **by(secret)) as reader:
        reset = await reader.next()
        assert reset is not None
        assert (reset.kind, reset.id, reset.data) == ("reset", "1", {"last_seq": 1})
        await in_thread(said)(conversation, "Hello?")
        assert await reader.numbers(1) == [2]


@pytest.mark.parametrize(("query", "header"), [("?after=x", ""), ("?after=-1", ""), ("", "x"), ("", "9" * 40)])
async def test_a_number_that_is_none_is_a_400(conversation: Conversation, secret: str, query: str, header: str) -> None:
    more = {"last_event_id": header} if header else {}
    async with reading(path_of(conversation, query), **more, **by(secret)) as reader:
        assert (reader.status, json.loads(await reader.body())["error"]["code"]) == (400, "request.invalid")


async def test_what_a_model_writes_is_passed_on_with_its_job(conversation: Conversation, secret: str) -> None:
    job = await in_thread(said)(conversation, "Hello")
    async with reading(path_of(conversation), **by(secret)) as reader:
        await reader.until("job")
        saying = asyncio.create_task(say_again_and_again(job, "I am\n\nid: 7"))  # what comes too early is missed
        output = (await reader.until("output"))[-1]
        saying.cancel()
    assert (output.id, output.data) == ("", {"job": str(job.id), "text": "I am\n\nid: 7"})


async def say_again_and_again(job: Job, text: str) -> None:
    while True:
        await in_thread(live.stream)(job.run_id, "answer", text)
        await asyncio.sleep(0.2)


async def test_what_no_broker_tells_of_is_seen_in_the_table(
    conversation: Conversation, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_send", lambda *_: None)
    async with aclosing(aiter(ChatStream(Viewer(owner.pk), conversation, 0, heartbeat=0.05))) as pieces:
        assert await anext(pieces) == b"retry: 3000\n\n"
        assert await anext(pieces) == b": still there\n\n"
        await in_thread(said)(conversation, "Hello")
        async with asyncio.timeout(10):
            while b"event: message" not in await anext(pieces):
                pass
    await nothing_is_left()


async def test_it_counts_among_the_streams_of_one_person(
    conversation: Conversation, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "MAX_STREAMS", 1)
    async with reading(path_of(conversation), **by(secret)) as first:
        assert first.status == 200
        async with reading(path_of(conversation), **by(secret)) as second:
            assert (second.status, json.loads(await second.body())["error"]["code"]) == (429, "stream.too_many")
    await nothing_is_left()


async def test_nobody_else_follows_it(conversation: Conversation, stranger: User, operator: User) -> None:
    for person in (stranger, operator):
        made = await in_thread(keys.create_api_key)(user=person, name="program", scopes=[Scope.ADMIN])
        async with reading(path_of(conversation), **by(made.secret)) as reader:
            assert reader.status == 404
    async with reading(path_of(conversation)) as reader:
        assert reader.status == 401


async def test_a_build_ends_while_nobody_says_anything(conversation: Conversation, owner: User, secret: str) -> None:
    build = await in_thread(factories.submitted)(owner)
    await in_thread(Build.objects.filter(id=build.id).update)(conversation=conversation)
    async with reading(path_of(conversation), **by(secret)) as reader:
        assert of_kind(await reader.until("build"), "build") == [
            {"id": str(build.id), "status": "pending", "verification": build.verification}
        ]
        await in_thread(services.cancel_build)(user=owner, build=build)
        assert of_kind(await reader.until("build"), "build")[-1]["status"] == "cancelled"


async def test_a_job_is_told_when_it_is_cancelled(conversation: Conversation, owner: User, secret: str) -> None:
    job = await in_thread(talked)(conversation, ROMAN)
    async with reading(path_of(conversation, "?after=2"), **by(secret)) as reader:
        assert of_kind(await reader.until("job"), "job")[0]["status"] == "waiting"
        await in_thread(jobs.cancel_job)(user=owner, job=job)
        assert of_kind(await reader.until("job"), "job")[-1]["status"] == "canceled"
