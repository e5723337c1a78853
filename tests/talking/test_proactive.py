"""What the agent does by itself: it reminds of what is about to expire, sums up the week, and lets time run out."""

from datetime import timedelta

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from builds.approvals import policy
from builds.approvals import services as approvals
from builds.jobs import proactive
from builds.models.approval import AgentPreference, Approval
from builds.models.job import Job
from memory import conversations
from tests import factories
from tests.talking.conversing import history, last_words, opened, talked, waiting, work

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals."


def expires_in(**span: float) -> None:
    Approval.objects.update(expires_at=timezone.now() + timedelta(**span))


def test_of_a_proposal_that_expires_soon_its_author_is_reminded_once(owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    assert proactive.remind_due() == 0
    expires_in(hours=2)
    assert [proactive.remind_due(), proactive.remind_due()] == [1, 0]
    work()
    assert "still waits for your answer" in last_words(conversation)
    job = Job.objects.get(task="reminder")
    assert (job.status, job.scope) == ("done", "proactive")


def test_nobody_is_reminded_of_what_was_answered_meanwhile(owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    expires_in(hours=2)
    proactive.remind_due()
    before = len(history(conversation))
    approvals.answer(user=owner, approval=waiting(owner), approve=False, via="web")
    work()
    assert not [text for _role, text in history(conversation)[before:] if "still waits" in text]


def test_what_nobody_answers_expires_and_builds_nothing_and_a_late_yes_proposes_it_again(owner: User) -> None:
    conversation = opened(owner)
    job = talked(conversation, ROMAN)
    expires_in(seconds=-1)
    assert [approvals.expire_due(), approvals.expire_due()] == [1, 0]
    work()
    job.refresh_from_db()
    approval = job.approvals.get()
    assert (job.status, approval.status, approval.resolved_via, approval.resolved_by) == (
        "done",
        "expired",
        "timeout",
        None,
    )
    assert "Nobody answered my proposal in time" in last_words(conversation)
    talked(conversation, "go ahead")
    assert waiting(owner).proposal["requirements"] == ROMAN


def test_who_wants_it_gets_a_digest_once_a_week(owner: User, stranger: User) -> None:
    factories.completed(owner)
    factories.failed(owner)
    factories.completed(stranger)
    policy.change_preference(user=owner, weekly_digest=True)
    assert [proactive.digest_due(), proactive.digest_due()] == [1, 0]
    work()
    conversation = conversations.conversations_of(owner).get()
    assert "the last seven days: 2, of which 1 ended well, 1 were verified and 1 failed" in last_words(conversation)
    assert not conversations.conversations_of(stranger).exists()
    AgentPreference.objects.update(digested_at=timezone.now() - timedelta(days=8))
    proactive.digest_due()
    work()
    assert len(history(conversation)) == 2
