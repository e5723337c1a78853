"""The pages on which one talks to the agent: whose they are, what they show, and that they need no scripts."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from agentsite.accounts.models import Role, User
from builds.approvals import policy
from builds.jobs import outcomes as jobs
from builds.models.approval import AgentPreference, Approval
from builds.models.build import Build
from builds.models.job import Job
from builds.pages import approvals as pages
from builds.runs.claim import claim_next
from builds.runs.lanes import TALK
from memory import conversations
from memory.models.conversation import Conversation
from memory.models.message import Message
from tests import factories
from tests.talking.conversing import opened, said, talked, waiting, work
from tests.talking.test_jobs import ROMAN

pytestmark = pytest.mark.django_db(transaction=True)
XSS = "<script>alert('x')</script><img src=x onerror=alert(1)>"
TOKEN = "0123456789abcdef" * 2


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def chat_of(conversation: Conversation, part: str = "") -> str:
    return f"/chat/{conversation.pk}/{part}"


def shown(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def told(answer: Any) -> str:
    """Return the toasts of the page that an answer leads to."""
    return " ".join(re.findall(r"data-toast>([^<]*)<", answer.content.decode()))


def answer(client: Client, approval: Approval, **fields: str) -> Any:
    return client.post(f"/approvals/{approval.id}/answer/", fields, follow=True)


@pytest.mark.parametrize("part", ["", "panel/", "export/"])
def test_only_its_owner_opens_a_conversation(
    client: Client, owner: User, stranger: User, operator: User, part: str
) -> None:
    path = chat_of(opened(owner), part)
    for user, status in ((owner, 200), (stranger, 404), (operator, 404)):
        client.force_login(user)
        assert client.get(path).status_code == status


@pytest.mark.parametrize("path", ["/chat/", "/approvals/", "/account/agent/", "chat"])
def test_who_is_not_logged_in_comes_to_the_login(client: Client, owner: User, path: str) -> None:
    path = chat_of(opened(owner)) if path == "chat" else path
    assert client.get(path)["Location"] == f"/login/?next={path}"


def test_a_conversation_is_begun_with_its_first_message(page: Client, owner: User) -> None:
    first = page.post("/chat/", {"content": ROMAN, "token": TOKEN})
    conversation = Conversation.objects.get()
    assert first["Location"] == chat_of(conversation)
    assert (conversation.user, conversation.platform) == (owner, "web")
    assert [each.content for each in conversations.messages_of(conversation)] == [ROMAN]
    assert page.post("/chat/", {"content": ROMAN, "token": TOKEN})["Location"] == chat_of(conversation)
    assert (Message.objects.count(), Job.objects.count()) == (1, 1)


def test_a_first_message_that_is_refused_leaves_nothing_and_is_not_lost(page: Client, settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = "block"
    text = "Mail ada.lovelace@gmail.com when it rains"
    refused = page.post("/chat/", {"content": text, "token": TOKEN})
    assert refused.status_code == 422
    assert text in refused.content.decode()
    assert not Conversation.objects.exists()
    assert page.post("/chat/", {"content": " "}).status_code == 400


def test_a_message_is_said_once_however_often_its_form_is_sent(page: Client, owner: User) -> None:
    conversation = opened(owner)
    for _ in range(2):
        assert page.post(chat_of(conversation), {"content": "Hello", "token": TOKEN}).status_code == 302
    assert conversations.messages_of(conversation).count() == 1


def test_an_archived_conversation_takes_no_message_and_loses_none(page: Client, owner: User) -> None:
    conversation = opened(owner)
    conversations.change_conversation(user=owner, conversation=conversation, status="archived")
    refused = page.post(chat_of(conversation), {"content": "Hello again"})
    assert refused.status_code == 409
    assert "Hello again" in refused.content.decode()
    assert 'id="composer"' not in shown(page, chat_of(conversation))


def test_without_scripts_one_talks_approves_and_sees_the_verified_build(page: Client) -> None:
    begun = page.post("/chat/", {"content": ROMAN}, follow=True)
    path = begun.redirect_chain[-1][0]
    assert "waits for its turn" in begun.content.decode()
    work()
    asked = shown(page, path)
    for expected in ("I would build “to_roman” in python.", "offline cookbook", "$0.00", "in 23"):
        assert expected in asked.replace("in Python", "in python").replace("\xa0", " ")
    address = re.search(r'action="(/approvals/[^"]+)"', asked)
    assert address is not None
    approved = page.post(address[1], {"decision": "approve", "next": path}, follow=True)
    assert approved.redirect_chain[-1][0] == path
    assert "is begun" in told(approved)
    assert "goes on at once" in approved.content.decode()
    work()
    done = shown(page, path)
    assert "done and verified" in done
    assert ">verified<" in done
    assert done.count('class="build-card"') == 1


def test_pressed_twice_one_build_is_made_and_the_second_is_told_who_was_faster(page: Client, owner: User) -> None:
    talked(opened(owner), ROMAN)
    approval = waiting(owner)
    assert "is begun" in told(answer(page, approval, decision="approve"))
    again = answer(page, approval, decision="approve")
    assert again.status_code == 200
    assert "was answered before: approved by owner" in told(again)
    work()
    assert Build.objects.count() == 1


def test_changes_that_are_none_are_not_sent(page: Client, owner: User) -> None:
    talked(opened(owner), ROMAN)
    approval = waiting(owner)
    same = {"project_name": "to_roman", "requirements": ROMAN.replace("\n", "\r\n"), "language": "python"}
    answer(page, approval, decision="approve", budget_usd="", **same)
    approval.refresh_from_db()
    assert (approval.status, approval.changes, approval.resolved_via) == ("approved", {}, "web")


def test_approved_with_changes_only_these_are_kept(page: Client, owner: User) -> None:
    talked(opened(owner), ROMAN)
    approval = waiting(owner)
    same = {"requirements": ROMAN, "language": "python"}
    answer(page, approval, decision="approve", project_name="Numerals", budget_usd="0.5", **same)
    approval.refresh_from_db()
    assert approval.changes == {"project_name": "Numerals", "budget_usd": "0.5"}
    assert "Approved with changes: project name, budget" in shown(page, chat_of(Conversation.objects.get()))


@pytest.mark.parametrize("wrong", [{"budget_usd": "much"}, {"requirements": " "}, {"decision": "perhaps"}])
def test_changes_that_cannot_be_are_told_beside_their_field_and_nothing_is_lost(
    page: Client, owner: User, wrong: dict[str, str]
) -> None:
    talked(opened(owner), ROMAN)
    fields = {"decision": "approve", "project_name": "My own name", "requirements": ROMAN, **wrong}
    refused = answer(page, waiting(owner), **fields)
    assert refused.status_code == 400
    assert "My own name" in refused.content.decode()
    assert waiting(owner).is_pending


def test_a_no_with_its_reason_is_shown_where_it_was_asked(page: Client, owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    answer(page, waiting(owner), decision="reject", reason="Too dear")
    shows = shown(page, chat_of(conversation))
    assert "rejected" in shows
    assert "Too dear" in shows


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", ""])
def test_after_an_answer_nobody_is_sent_elsewhere(page: Client, owner: User, elsewhere: str) -> None:
    talked(opened(owner), ROMAN)
    assert answer(page, waiting(owner), decision="reject", next=elsewhere).redirect_chain[-1][0] == "/approvals/"


def test_nobody_answers_for_somebody_else(client: Client, owner: User, stranger: User, operator: User) -> None:
    talked(opened(owner), ROMAN)
    for user in (stranger, operator):
        client.force_login(user)
        assert answer(client, waiting(owner), decision="approve").status_code == 404
    assert waiting(owner).is_pending


def test_who_may_only_read_reads_and_neither_writes_nor_answers(page: Client, owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    User.objects.filter(pk=owner.pk).update(role=Role.VIEWER)
    shows = shown(page, chat_of(conversation))
    assert "I would build" in shows
    assert 'id="composer"' not in shows
    assert "/answer/" not in shows
    assert page.post(chat_of(conversation), {"content": "Hello"}).status_code == 403
    assert page.post("/chat/", {"content": "Hello"}).status_code == 403
    assert "may only read" in told(answer(page, waiting(owner), decision="approve"))
    assert waiting(owner).is_pending


def test_what_is_said_is_text_and_never_code(page: Client, owner: User) -> None:
    conversation = opened(owner, title=XSS)
    talked(conversation, f"Write a Python function to_roman(number) {XSS}")
    Message.objects.update(author=XSS, model_used=XSS)
    approval = waiting(owner)
    approval.proposal |= {"project_name": XSS, "model": XSS, "files": [XSS], "parent_name": XSS, "requirements": XSS}
    approval.save()
    build = factories.completed(owner, name=XSS)
    said_last = conversations.messages_of(conversation)[0]
    conversations.add_metadata(said_last, {"links": [str(build.id), "no id", 7, None]})
    for path in (chat_of(conversation), chat_of(conversation, "panel/"), "/chat/", "/approvals/"):
        assert XSS not in shown(page, path)
        assert "<img src=x" not in shown(page, path)
    answer(page, approval, decision="reject", reason=XSS)
    for path in (chat_of(conversation), "/approvals/"):
        assert "<img src=x" not in shown(page, path)


def test_links_to_what_is_somebody_elses_show_nothing_of_it(page: Client, owner: User, stranger: User) -> None:
    theirs = factories.submitted(stranger, name="Their secret")
    conversation = opened(owner)
    talked(conversation, "Hello")
    conversations.add_metadata(conversations.messages_of(conversation)[0], {"links": [str(theirs.id)]})
    assert "Their secret" not in shown(page, chat_of(conversation))


def test_a_build_under_way_shows_its_step(page: Client, owner: User) -> None:
    build, _claim = factories.running(owner)
    conversation = opened(owner)
    talked(conversation, "What is with my last build?")
    assert Message.objects.filter(extra_metadata__links=[str(build.id)]).exists()
    assert "Repair 1 of" in shown(page, chat_of(conversation))


def test_a_longer_conversation_needs_no_more_queries(page: Client, owner: User) -> None:
    counts = []
    for number in (5, 50):
        conversation = opened(owner)
        for _ in range(number):
            build = factories.submitted(owner)
            about = {"links": [str(build.id)]}
            conversations.append_message(
                conversation=conversation, role="assistant", content="It runs.", extra_metadata=about
            )
        with CaptureQueriesContext(connection) as queries:
            shown(page, chat_of(conversation))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 16


def test_older_messages_are_where_the_history_is(page: Client, owner: User) -> None:
    conversation = opened(owner)
    for number in range(51):
        conversations.append_message(conversation=conversation, role="user", content=f"Message {number}.")
    shows = shown(page, chat_of(conversation))
    assert f"/memory/history/{conversation.pk}/" in shows
    assert "Message 0." not in shows
    assert "Message 50." in shows


def test_what_waits_far_above_is_still_shown(page: Client, owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    for _ in range(51):
        conversations.append_message(conversation=conversation, role="system", content="And so on.")
    assert f"/approvals/{waiting(owner).id}/answer/" in shown(page, chat_of(conversation))


def test_work_under_way_is_shown_and_stopped(page: Client, owner: User) -> None:
    conversation = opened(owner)
    job = said(conversation, "Hello")
    assert "/stop/" in shown(page, chat_of(conversation))
    assert "is being stopped" in told(page.post(chat_of(conversation, "stop/"), follow=True))
    job.refresh_from_db()
    assert job.status == "canceled"
    assert "/stop/" not in shown(page, chat_of(conversation))
    assert "had finished" in told(page.post(chat_of(conversation, "stop/"), follow=True))


def test_a_job_that_waits_for_its_provider_says_so_and_is_stopped(page: Client, owner: User) -> None:
    conversation = opened(owner)
    job = said(conversation, "Hello")
    claim = claim_next("tests", lane=TALK, run_id=job.run_id)
    assert claim is not None
    assert jobs.set_aside(run_id=job.run_id, fence=claim.fence, code="model.rate_limited", seconds=60)
    shows = shown(page, chat_of(conversation))
    assert "waits for the model’s provider" in shows
    assert "/stop/" in shows
    page.post(chat_of(conversation, "stop/"))
    job.refresh_from_db()
    assert job.status == "canceled"


def test_the_export_has_all_messages_in_order(page: Client, owner: User) -> None:
    conversation = opened(owner, title="Привет")
    for number in range(60):
        conversations.append_message(conversation=conversation, role="user", content=f"Message {number}: ж")
    given = page.get(chat_of(conversation, "export/"))
    assert given["Content-Disposition"] == f'attachment; filename="conversation-{conversation.pk}.json"'
    document = json.loads(b"".join(given))
    assert document["title"] == "Привет"
    assert [each["content"] for each in document["messages"]] == [f"Message {number}: ж" for number in range(60)]


def test_an_empty_conversation_is_exported_too(page: Client, owner: User) -> None:
    assert json.loads(b"".join(page.get(chat_of(opened(owner), "export/"))))["messages"] == []


def test_the_list_says_where_a_proposal_waits(page: Client, owner: User, stranger: User) -> None:
    opened(owner, title="Quiet")
    opened(stranger, title="Not mine")
    talked(opened(owner, title="Asks"), ROMAN)
    rows = page.get("/chat/").context["page"].conversations
    assert [(row.title, row.waits) for row in rows] == [("Asks", True), ("Quiet", False)]


def test_the_menu_counts_what_waits(page: Client, owner: User) -> None:
    assert "for your answer" not in shown(page, "/builds/")
    talked(opened(owner), ROMAN)
    assert "1 waits for your answer" in shown(page, "/builds/")
    talked(opened(owner), ROMAN)
    assert "2 wait for your answer" in shown(page, "/builds/")


def test_the_inbox_shows_what_waits_first_and_pages_what_was_answered(
    page: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "PAGE", 2)
    conversation = opened(owner)
    for number in range(5):
        talked(conversation, f"Write a Python function parse_{number}(text) for telephone numbers")
        answer(page, waiting(owner), decision="reject", reason=f"No {number}")
        work()
    talked(conversation, ROMAN)
    reasons: list[str] = []
    query = ""
    while True:
        inbox = page.get(f"/approvals/?{query}").context["page"]
        assert [card.name for card in inbox.pending] == ([] if query else ["to_roman"])
        reasons += [card.approval.reason for card in inbox.answered]
        query = inbox.older
        if not query:
            break
    assert reasons == [f"No {number}" for number in (4, 3, 2, 1, 0)]
    assert page.get("/approvals/?before=nonsense").status_code == 200


def test_preferences_are_kept(page: Client, owner: User) -> None:
    fields = {"approval_policy": "above", "approval_above_usd": "1.5", "while_busy": "reject", "weekly_digest": "on"}
    assert "keep to it" in told(page.post("/account/agent/", fields, follow=True))
    kept = AgentPreference.objects.get(user=owner)
    assert (kept.approval_policy, str(kept.approval_above_usd)) == ("above", "1.500000")
    assert (kept.while_busy, kept.weekly_digest) == ("reject", True)
    assert 'value="1.5"' in shown(page, "/account/agent/")


@pytest.mark.parametrize("amount", ["-1", "10001", "much", "NaN", "1e30", "0.0000001"])
def test_amounts_that_cannot_be_are_told(page: Client, amount: str) -> None:
    fields = {"approval_policy": "above", "approval_above_usd": amount, "while_busy": "queue"}
    assert page.post("/account/agent/", fields).status_code == 400
    assert not AgentPreference.objects.exists()


@pytest.mark.parametrize(
    ("rule", "amount", "own", "is_told"),
    [
        ("never", 0, "never", False),
        ("always", 0, "never", True),
        ("always", 0, "always", False),
        ("above", 1, "above", True),
        ("above", 5, "above", False),
        ("deployments", 0, "above", False),
    ],
)
def test_the_operators_rule_is_told_where_it_is_stricter(
    page: Client,
    owner: User,
    settings: Any,
    rule: str,
    amount: int,
    own: str,
    is_told: bool,  # noqa: FBT001  a table's column
) -> None:
    settings.APPROVAL_RULE, settings.APPROVAL_RULE_ABOVE_USD = rule, amount
    policy.change_preference(user=owner, approval_policy=own, approval_above_usd=2)
    assert ('id="rule"' in shown(page, "/account/agent/")) is is_told
