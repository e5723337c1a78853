"""What the agent does about messages, by its own rules: answer, plan, propose, start, stop, remember."""

import pytest

from agentsite.accounts.models import User
from agentsite.common import hints
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import services, tasks
from builds.approvals import policy
from builds.approvals import services as approvals
from builds.models.build import Build
from builds.models.job import Job
from builds.models.run import Run, RunEvent
from builds.runs.lanes import TALK, WORK
from builds.sweeper import has_work
from memory.models.fact import Fact
from memory.models.message import Message
from tests import factories
from tests.talking.conversing import history, last_words, opened, said, talked, waiting, work

pytestmark = pytest.mark.django_db(transaction=True)
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


def test_a_message_becomes_a_job_that_answers_it(owner: User) -> None:
    conversation = opened(owner)
    job = talked(conversation, "Hello there!")
    assert (job.status, job.mode, job.scope) == ("done", "answer", "reactive")
    assert [role for role, _text in history(conversation)] == ["user", "assistant"]
    assert job.answer_message is not None
    assert job.answer_message.extra_metadata["job"] == str(job.id)
    kinds = list(RunEvent.objects.filter(run_id=job.run_id).order_by("seq").values_list("kind", flat=True))
    assert (kinds[0], kinds[-1]) == ("job.submitted", "job.completed")
    conversation.refresh_from_db()
    assert (conversation.title, conversation.intent) == ("Hello there!", "chat")


def test_whoever_takes_a_job_up_tells_others_of_the_rest(owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    hinted: list[object] = []
    monkeypatch.setattr(tasks.talk_next, "apply_async", lambda **options: hinted.append(options))
    for _ in range(2):  # in two conversations, so that they can be answered side by side
        said(opened(owner), "Hello there!")
    assert hints.wait_until_sent(5)
    hinted.clear()
    assert tasks.run_waiting(TALK) == 2
    assert hints.wait_until_sent(5)
    assert len(hinted) == 1


def test_why_a_build_failed_is_answered_from_its_evidence_with_a_link(owner: User, stranger: User) -> None:
    factories.failed(stranger, name="Somebody else's")
    build = factories.failed(owner, name="Roman numerals")
    conversation = opened(owner)
    job = talked(conversation, "Why did the last build fail?")
    assert "“Roman numerals” failed" in last_words(conversation)
    assert build.error_message in last_words(conversation)
    assert job.answer_message is not None
    assert job.answer_message.extra_metadata["links"] == [str(build.id)]
    assert "Somebody else's" not in last_words(conversation)


def test_a_question_in_russian_is_answered_in_russian(owner: User) -> None:
    factories.failed(owner, name="Roman numerals")
    conversation = opened(owner)
    talked(conversation, "Почему упала последняя сборка?")
    assert "«Roman numerals» не удалась" in last_words(conversation)


def test_what_is_to_be_built_is_proposed_and_nothing_is_built_before_a_yes(owner: User) -> None:
    conversation = opened(owner)
    job = talked(conversation, ROMAN)
    assert (job.status, job.mode) == ("waiting", "execute")
    assert not Build.objects.exists()
    proposal = waiting(owner).proposal
    assert (proposal["action"], proposal["project_name"], proposal["language"]) == ("build", "to_roman", "python")
    assert proposal["requirements"] == ROMAN
    assert (proposal["model"], proposal["cost_at_most_usd"]) == ("cookbook:recipes", "0.000000")
    assert not has_work(TALK)
    run = Run.objects.get(id=job.run_id)
    assert (run.state, run.lease_owner, run.next_attempt_at) == ("waiting", "", None)


def test_a_yes_in_the_conversation_starts_the_build_which_reports_there(owner: User) -> None:
    conversation = opened(owner)
    first = talked(conversation, ROMAN)
    talked(conversation, "yes, go ahead")
    first.refresh_from_db()
    build = Build.objects.get()
    assert (first.status, first.build, build.conversation) == ("done", build, conversation)
    assert (build.status, build.verification) == ("completed", "verified")
    texts = [text for _role, text in history(conversation)]
    assert texts[3:5] == ["Good, I begin.", "I build “to_roman” now."]
    assert "done and verified" in texts[5]
    report = Message.objects.get(conversation=conversation, message_type="result")
    results = {row.content_json["tool"]: row.content_json for row in report.artifacts.filter(kind="tool_result")}
    assert results["tests"]["passed"] == results["tests"]["total"] > 0
    assert results["analysis"]["quality_score"] > 0


def test_a_retry_reports_to_the_conversation_of_its_owner(owner: User, operator: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    talked(conversation, "yes, go ahead")
    first = Build.objects.get()
    again = services.retry_build(user=owner, build=first)
    of_operator = services.retry_build(user=operator, build=first)
    work()
    reports = Message.objects.filter(conversation=conversation, message_type="result").order_by("seq")
    assert [message.extra_metadata["build"] for message in reports] == [str(first.id), str(again.id)]
    assert Build.objects.get(id=of_operator.id).conversation is None


def test_a_no_with_a_reason_leads_to_a_plan_that_a_later_yes_proposes(owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    talked(conversation, "no, not like this: numbers above 3999 shall raise ValueError")
    assert "numbers above 3999" in last_words(conversation)
    assert not Build.objects.exists()
    talked(conversation, "ok go ahead")
    assert "numbers above 3999" in waiting(owner).proposal["requirements"]
    assert "to_roman(4) == 'IV'" in waiting(owner).proposal["requirements"]


def test_approved_with_changes_it_builds_what_was_approved(owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, ROMAN)
    changes = {"project_name": "Numerals", "requirements": f"{ROMAN}\nto_roman(9) == 'IX'"}
    approvals.answer(user=owner, approval=waiting(owner), approve=True, via="web", changes=changes)
    work()
    build = Build.objects.get()
    assert (build.project_name, build.requirements) == ("Numerals", changes["requirements"])


@pytest.mark.parametrize(
    "changes", [{"language": "cobol"}, {"requirements": " "}, {"budget_usd": "much"}, {"model": "x"}]
)
def test_changes_that_no_build_could_have_leave_the_proposal_waiting(owner: User, changes: dict[str, str]) -> None:
    talked(opened(owner), ROMAN)
    with pytest.raises(AppError) as refused:
        approvals.answer(user=owner, approval=waiting(owner), approve=True, via="api", changes=changes)
    assert refused.value.code == "request.invalid"
    assert waiting(owner).is_pending


def test_a_change_forks_the_build_of_this_conversation(owner: User) -> None:
    factories.completed(owner, name="Older")
    conversation = opened(owner)
    build = factories.completed(owner, name="Roman numerals")
    Build.objects.filter(id=build.id).update(conversation=conversation)
    factories.completed(owner, name="Newer, elsewhere")
    talked(conversation, "also support negative numbers")
    proposal = waiting(owner).proposal
    assert (proposal["action"], proposal["parent"], proposal["attempt"]) == ("fork", str(build.id), 2)
    assert "roman.py" in proposal["files"]
    approvals.answer(user=owner, approval=waiting(owner), approve=True, via="api")
    while has_work(TALK):
        work()
    fork = Build.objects.get(conversation=conversation, parent=build)
    assert (fork.forked_attempt, fork.requirements) == (2, "also support negative numbers")


def test_who_wants_to_be_asked_never_is_not(owner: User) -> None:
    policy.change_preference(user=owner, approval_policy="never")
    conversation = opened(owner)
    job = talked(conversation, ROMAN)
    assert (job.status, Build.objects.get().conversation) == ("done", conversation)


def test_the_operators_rule_is_stricter_than_a_users_never(owner: User, settings: object) -> None:
    settings.APPROVAL_RULE = "always"  # type: ignore[attr-defined]
    policy.change_preference(user=owner, approval_policy="never")
    assert talked(opened(owner), ROMAN).status == "waiting"


def test_a_plan_is_shown_and_can_be_built_afterwards(owner: User) -> None:
    conversation = opened(owner)
    job = talked(conversation, "Make a plan first, don't build yet: a function to_roman(number) for Roman numerals")
    assert (job.status, job.mode) == ("done", "plan")
    assert "This is the plan for “to_roman”" in last_words(conversation)
    assert talked(conversation, "go ahead").status == "waiting"


def test_a_newer_proposal_takes_the_place_of_an_older_one(owner: User) -> None:
    conversation = opened(owner)
    first = talked(conversation, ROMAN)
    talked(conversation, "Write a Python function slugify(text) that makes titles fit for web addresses")
    first.refresh_from_db()
    assert first.status == "done"
    assert first.approvals.get().status == "superseded"
    assert waiting(owner).proposal["project_name"] == "slugify"


def test_what_is_to_be_remembered_is_a_fact_with_its_source(owner: User) -> None:
    conversation = opened(owner)
    talked(conversation, "Remember that our dates are always ISO 8601")
    fact = Fact.objects.get(user=owner)
    assert "ISO 8601" in fact.fact_text
    assert fact.source.startswith("Said by owner in “Remember that our dates are always ISO 8601” (API)")
    assert fact.message is not None
    assert fact.message.conversation == conversation


def test_stop_withdraws_the_proposal(owner: User) -> None:
    conversation = opened(owner)
    first = talked(conversation, ROMAN)
    talked(conversation, "stop")
    first.refresh_from_db()
    assert (first.status, last_words(conversation)) == ("done", "I withdrew the proposal.")


def test_stop_cancels_the_build_of_this_conversation(owner: User) -> None:
    conversation = opened(owner)
    build = factories.submitted(owner)
    Build.objects.filter(id=build.id).update(conversation=conversation)
    said(conversation, "cancel it")
    from builds import runner

    runner.run_next(lane=TALK)
    build.refresh_from_db()
    assert build.status == "cancelled"
    assert not has_work(WORK)


def test_of_one_conversation_one_job_comes_after_the_other(owner: User) -> None:
    conversation, other = opened(owner), opened(owner)
    first, second, elsewhere = said(conversation, "hello"), said(conversation, "hi again"), said(other, "hello")
    from builds.runs.claim import fairest

    assert set(fairest(TALK).values_list("id", flat=True)) == {first.run_id, elsewhere.run_id}
    work()
    assert list(Job.objects.values_list("status", flat=True).distinct()) == ["done"]
    second.refresh_from_db()
    assert second.finished_at is not None


def test_a_message_sent_twice_is_answered_once(owner: User) -> None:
    conversation = opened(owner)
    jobs = [said(conversation, "hello", platform_message_id="m1") for _ in range(2)]
    work()
    assert jobs[0] == jobs[1]
    assert len(history(conversation)) == 2


def test_nobody_takes_the_names_of_the_agents_own_messages(owner: User) -> None:
    conversation = opened(owner)
    job = said(conversation, "hello")
    with pytest.raises(AppError) as refused:
        said(conversation, "hello", platform_message_id=f"agent:job:{job.id}:answer")
    assert list(refused.value.fields) == ["platform_message_id"]


def test_a_message_that_comes_too_early_is_refused_by_who_wants_that(owner: User) -> None:
    policy.change_preference(user=owner, while_busy="reject")
    conversation = opened(owner)
    said(conversation, "hello")
    with pytest.raises(AppError) as refused:
        said(conversation, "hello?")
    assert refused.value.code == "conversation.busy"
    assert len(history(conversation)) == 1


def test_a_message_that_interrupts_cancels_the_earlier_job(owner: User) -> None:
    conversation = opened(owner)
    first = said(conversation, "hello")
    second = said(conversation, "no wait, why did it fail?", while_busy="interrupt")
    first.refresh_from_db()
    assert (first.status, second.status) == ("canceled", "queued")


def test_a_conversation_that_is_deleted_takes_its_work_with_it(owner: User) -> None:
    from memory import conversations

    conversation = opened(owner)
    waits = talked(conversation, ROMAN)
    queued = said(conversation, "hello")
    conversations.delete_conversation(user=owner, conversation=conversation)
    work()
    for job in (waits, queued):
        job.refresh_from_db()
    assert {waits.status, queued.status} <= {"done", "canceled"}
    assert waits.approvals.get().status == "superseded"


def test_every_answer_stands_in_the_audit_log(owner: User) -> None:
    talked(opened(owner), ROMAN)
    approvals.answer(user=owner, approval=waiting(owner), approve=False, via="web", reason="too much")
    actions = set(AuditLog.objects.filter(user=owner).values_list("action", flat=True))
    assert {"approval.requested", "approval.rejected", "message.added"} <= actions


def test_a_viewer_says_nothing(viewer: User) -> None:
    with pytest.raises(AppError) as refused:
        opened(viewer)
    assert refused.value.code == "request.forbidden"
