"""Saying something over the API, and the jobs that it makes; who may do what stands in the matrix (tests/access)."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import ApiKey, User
from builds.approvals import policy
from builds.models.job import Job
from builds.models.run import RunEvent
from memory.models.conversation import Conversation
from memory.models.message import Message
from tests.talking.conversing import opened, said, talked, waiting, work
from tests.talking.programs import program_of, refusal, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals."
NOWHERE = "01a20000-0000-7000-8000-000000000000"


@pytest.fixture
def conversation(owner: User) -> Conversation:
    return opened(owner)


@pytest.fixture
def program(owner: User) -> Client:
    return program_of(owner)


def say(program: Client, conversation: Conversation, content: object, *, key: str = "", **more: Any) -> Any:
    return sent(program, "post", f"/conversations/{conversation.pk}/messages/", {"content": content, **more}, key=key)


def test_a_message_is_answered_by_a_job(program: Client, conversation: Conversation) -> None:
    answer = say(program, conversation, "Hello there!")
    assert (answer.status_code, answer.json()["seq"], answer.json()["role"]) == (201, 1, "user")
    job = Job.objects.get()
    assert (answer.json()["job"], job.api_key) == (str(job.id), ApiKey.objects.get())
    queued = sent(program, "get", f"/jobs/{job.id}/").json()
    assert (queued["status"], queued["message"], queued["answer"]) == ("queued", answer.json()["id"], None)
    work()
    done = sent(program, "get", f"/jobs/{job.id}/").json()
    assert (done["status"], done["mode"], done["conversation"]) == ("done", "answer", str(conversation.pk))
    newest = sent(program, "get", f"/conversations/{conversation.pk}/messages/").json()["results"][0]
    assert (newest["id"], newest["role"]) == (done["answer"], "assistant")


def test_a_message_sent_again_is_answered_once(program: Client, conversation: Conversation) -> None:
    first, again = (say(program, conversation, "Hello", platform_message_id="m1") for _ in range(2))
    assert (first.status_code, again.status_code, again.json()) == (201, 200, first.json())
    kept, replayed = (say(program, conversation, "Hello?", key="one") for _ in range(2))
    assert (replayed.status_code, replayed["Idempotency-Replayed"], replayed.json()) == (201, "true", kept.json())
    assert (Message.objects.count(), Job.objects.count()) == (2, 2)


def test_what_comes_while_the_agent_is_busy_waits_interrupts_or_is_refused(
    program: Client, conversation: Conversation, owner: User
) -> None:
    say(program, conversation, "Hello")
    assert say(program, conversation, "Hello?", while_busy="queue").status_code == 201
    assert refusal(say(program, conversation, "Hello??", while_busy="reject")) == (409, "conversation.busy")
    assert say(program, conversation, "Stop!", while_busy="interrupt").status_code == 201
    assert list(Job.objects.order_by("id").values_list("status", flat=True)) == ["canceled", "canceled", "queued"]
    policy.change_preference(user=owner, while_busy="reject")
    assert refusal(say(program, conversation, "Hello???")) == (409, "conversation.busy")
    assert Message.objects.count() == 3


def test_a_message_that_interrupts_and_is_sent_again_does_not_stop_its_own_job(
    program: Client, conversation: Conversation
) -> None:
    for _ in range(2):
        say(program, conversation, "Stop!", while_busy="interrupt", platform_message_id="m1")
    assert Job.objects.get().status == "queued"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("content", ""),
        ("content", "\0"),
        ("content", 1.5e400),
        ("content", ["x"]),
        ("while_busy", "later"),
        ("while_busy", None),
        ("role", "assistant"),
        ("job", "x"),
    ],
)
def test_what_is_no_message_is_refused_by_name(
    program: Client, conversation: Conversation, field: str, value: object
) -> None:
    where = f"/conversations/{conversation.pk}/messages/"
    answer = sent(program, "post", where, {"content": "Hello"} | {field: value})
    assert answer.status_code == 400
    assert answer.json()["error"].get("fields", {field: []}).keys() == {field}
    assert not Job.objects.exists()


def test_reading_needs_one_scope_and_speaking_another(owner: User, conversation: Conversation) -> None:
    reads, builds = program_of(owner, "memory:read", "memory:write"), program_of(owner, "builds:write")
    assert refusal(say(reads, conversation, "Hello")) == (403, "key.scope_missing")
    assert sent(reads, "get", f"/conversations/{conversation.pk}/messages/").status_code == 200
    assert say(builds, conversation, "Hello").status_code == 201
    assert refusal(sent(builds, "get", f"/conversations/{conversation.pk}/messages/")) == (403, "key.scope_missing")


def test_an_archived_conversation_takes_no_message(program: Client, conversation: Conversation) -> None:
    sent(program, "patch", f"/conversations/{conversation.pk}/", {"status": "archived"})
    assert refusal(say(program, conversation, "Hello")) == (409, "conversation.archived")


def test_jobs_are_listed_narrowed_and_paged(program: Client, conversation: Conversation, owner: User) -> None:
    talked(conversation, "Hello")
    talked(conversation, ROMAN)
    elsewhere = said(opened(owner), "Hello")
    queued = sent(program, "get", "/jobs/?status=queued").json()["results"]
    assert [job["id"] for job in queued] == [str(elsewhere.id)]
    here = sent(program, "get", f"/jobs/?conversation={conversation.pk}&scope=reactive").json()["results"]
    assert [job["mode"] for job in here] == ["execute", "answer"]
    assert [job["approval"] for job in here] == [str(waiting(owner).id), None]
    page = sent(program, "get", "/jobs/?page_size=2").json()
    rest = program.get(page["next"]).json()["results"]
    assert [job["status"] for job in [*page["results"], *rest]] == ["queued", "waiting", "done"]
    assert sent(program, "get", f"/jobs/?conversation={NOWHERE}&mode=plan").json()["results"] == []


@pytest.mark.parametrize("query", ["status=gone", "mode=x", "scope=x", "conversation=1", "nonsense=1", "page_size=0"])
def test_a_query_that_means_nothing_is_refused(program: Client, query: str) -> None:
    assert refusal(sent(program, "get", f"/jobs/?{query}")) == (400, "request.invalid")


def test_a_longer_list_needs_no_more_queries(program: Client, conversation: Conversation) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert sent(program, "get", "/jobs/").status_code == 200
        return len(queries)

    said(conversation, "Hello")
    counted()
    before = counted()
    for number in range(5):
        said(conversation, f"Hello {number}")
    assert counted() == before


def test_a_jobs_timeline_is_read_in_pages(program: Client, conversation: Conversation) -> None:
    job = talked(conversation, "Hello")
    page = sent(program, "get", f"/jobs/{job.id}/events/").json()
    assert page["events"][0]["kind"] == "job.submitted"
    assert page["last_seq"] == len(page["events"]) == RunEvent.objects.filter(run_id=job.run_id).count()
    last = sent(program, "get", f"/jobs/{job.id}/events/?after={page['last_seq'] - 1}").json()["events"]
    assert [event["kind"] for event in last] == ["job.completed"]
    assert refusal(sent(program, "get", f"/jobs/{job.id}/events/?after=x")) == (400, "request.invalid")


def test_a_job_is_cancelled_once_and_one_that_ended_stays(program: Client, conversation: Conversation) -> None:
    job = said(conversation, "Hello")
    first, again = (sent(program, "post", f"/jobs/{job.id}/cancel/", key="one") for _ in range(2))
    assert (first.json()["status"], again.json()) == ("canceled", first.json())
    assert sent(program, "post", f"/jobs/{job.id}/cancel/").json()["status"] == "canceled"
    done = talked(conversation, "Hello again")
    assert sent(program, "post", f"/jobs/{done.id}/cancel/").json()["status"] == "done"


def test_cancelling_a_job_withdraws_what_it_proposed(program: Client, conversation: Conversation) -> None:
    job = talked(conversation, ROMAN)
    answer = sent(program, "post", f"/jobs/{job.id}/cancel/").json()
    assert (answer["status"], answer["approval"]) == ("canceled", None)
    assert job.approvals.get().status == "superseded"


def test_nobody_else_sees_a_job(conversation: Conversation, stranger: User, operator: User) -> None:
    job = said(conversation, "Hello")
    boss = Client()
    boss.force_login(operator)
    for other in (program_of(stranger), program_of(operator, "admin"), boss):
        assert sent(other, "get", "/jobs/").json()["results"] == []
        assert sent(other, "get", f"/jobs/?conversation={conversation.pk}").json()["results"] == []
        for method, path in (("get", ""), ("get", "events/"), ("post", "cancel/")):
            assert refusal(sent(other, method, f"/jobs/{job.id}/{path}")) == (404, "request.not_found")
        assert refusal(say(other, conversation, "Hello")) == (404, "request.not_found")
    assert refusal(sent(Client(), "get", f"/jobs/{job.id}/")) == (401, "request.not_authenticated")
    job.refresh_from_db()
    assert job.status == "queued"
