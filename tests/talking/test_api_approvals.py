"""Proposals and the agent's manners over the API; who may do what stands in the matrix (tests/access)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from agentsite.accounts.models import User
from builds.approvals import services as approvals
from builds.models.approval import AgentPreference, Approval
from builds.models.build import Build
from tests.talking.conversing import last_words, opened, talked, waiting, work
from tests.talking.programs import program_of, refusal, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
ROMAN = "Write a Python function to_roman(number) that converts integers to Roman numerals.\n\nto_roman(4) == 'IV'"


@pytest.fixture
def approval(owner: User) -> Approval:
    talked(opened(owner), ROMAN)
    return waiting(owner)


@pytest.fixture
def program(owner: User) -> Client:
    return program_of(owner)


def test_a_proposal_says_what_would_be_built(program: Client, approval: Approval) -> None:
    shown = sent(program, "get", f"/approvals/{approval.id}/").json()
    assert (shown["status"], shown["action"], shown["job"]) == ("pending", "build", str(approval.job_id))
    assert (shown["proposal"]["requirements"], shown["proposal"]["language"]) == (ROMAN, "python")
    assert (shown["resolved_by"], shown["started_build"], shown["changes"]) == (None, None, {})
    assert sent(program, "get", "/approvals/?status=pending").json()["results"] == [shown]
    assert sent(program, "get", f"/approvals/?conversation={approval.conversation_id}").json()["results"] == [shown]
    assert sent(program, "get", "/approvals/?status=approved").json()["results"] == []


def test_a_yes_starts_the_build(program: Client, approval: Approval) -> None:
    answer = sent(program, "post", f"/approvals/{approval.id}/approve/")
    assert (answer.status_code, answer.json()["status"], answer.json()["resolved_via"]) == (200, "approved", "api")
    assert answer.json()["resolved_by"] == "owner"
    work()
    build = Build.objects.get()
    shown = sent(program, "get", f"/approvals/{approval.id}/").json()
    assert shown["started_build"] == str(build.id)
    assert sent(program, "get", f"/jobs/{approval.job_id}/").json()["build"] == str(build.id)


def test_a_yes_may_change_what_is_built(program: Client, approval: Approval) -> None:
    changes = {"project_name": "Numerals", "budget_usd": "0.50"}
    answer = sent(program, "post", f"/approvals/{approval.id}/approve/", {"changes": changes})
    assert answer.json()["changes"]["project_name"] == "Numerals"
    work()
    build = Build.objects.get()
    assert (build.project_name, build.requirements, str(build.budget_usd)) == ("Numerals", ROMAN, "0.500000")


def test_a_no_goes_back_to_the_agent_with_its_reason(program: Client, approval: Approval) -> None:
    answer = sent(program, "post", f"/approvals/{approval.id}/reject/", {"reason": "numbers above 3999 shall fail"})
    assert (answer.json()["status"], answer.json()["reason"]) == ("rejected", "numbers above 3999 shall fail")
    work()
    assert approval.conversation is not None
    assert "numbers above 3999" in last_words(approval.conversation)
    assert not Build.objects.exists()


def test_the_first_answer_counts_and_a_repetition_of_it_is_the_same(program: Client, approval: Approval) -> None:
    where = f"/approvals/{approval.id}"
    first, again = (sent(program, "post", f"{where}/approve/", {}, key="yes") for _ in range(2))
    assert (again.status_code, again["Idempotency-Replayed"], again.json()) == (200, "true", first.json())
    assert refusal(sent(program, "post", f"{where}/approve/", {})) == (409, "approval.answered")
    assert refusal(sent(program, "post", f"{where}/reject/", {"reason": "x"})) == (409, "approval.answered")
    other = sent(program, "post", f"{where}/approve/", {"changes": {"language": "python"}}, key="yes")
    assert refusal(other) == (422, "idempotency.key_reused")
    work()
    assert Build.objects.count() == 1


def test_what_nobody_answered_in_time_has_expired(program: Client, approval: Approval) -> None:
    Approval.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    where = f"/approvals/{approval.id}/approve/"
    assert refusal(sent(program, "post", where)) == (409, "approval.expired")
    approvals.expire_due()
    assert refusal(sent(program, "post", where)) == (409, "approval.expired")
    assert sent(program, "get", "/approvals/?status=expired").json()["results"][0]["resolved_via"] == "timeout"


@pytest.mark.parametrize(
    "body",
    [
        {"changes": {"model": "openai:gpt"}},
        {"changes": {"language": "cobol"}},
        {"changes": {"requirements": " "}},
        {"changes": {"budget_usd": "much"}},
        {"changes": {"budget_usd": -1}},
        {"changes": {"project_name": ["x"]}},
        {"changes": []},
        {"changes": None},
        {"via": "web"},
        [],
    ],
    ids=str,
)
def test_changes_that_no_build_could_have_leave_it_waiting(program: Client, approval: Approval, body: object) -> None:
    answer = sent(program, "post", f"/approvals/{approval.id}/approve/", body)
    assert refusal(answer) == (400, "request.invalid")
    approval.refresh_from_db()
    assert approval.is_pending


@pytest.mark.parametrize("reason", ["x" * 2_001, None, 7.5e400, ["x"], {"a": 1}])
def test_a_reason_that_is_none_is_refused(program: Client, approval: Approval, reason: object) -> None:
    assert sent(program, "post", f"/approvals/{approval.id}/reject/", {"reason": reason}).status_code == 400
    approval.refresh_from_db()
    assert approval.is_pending


def test_nobody_else_sees_or_answers_it(approval: Approval, stranger: User, operator: User) -> None:
    boss = Client()
    boss.force_login(operator)
    for other in (program_of(stranger), program_of(operator, "admin"), boss):
        assert sent(other, "get", "/approvals/").json()["results"] == []
        for method, path in (("get", ""), ("post", "approve/"), ("post", "reject/")):
            assert refusal(sent(other, method, f"/approvals/{approval.id}/{path}")) == (404, "request.not_found")
    assert refusal(sent(Client(), "post", f"/approvals/{approval.id}/approve/"))[0] == 401
    approval.refresh_from_db()
    assert approval.is_pending


def test_a_key_that_only_reads_answers_nothing(owner: User, approval: Approval) -> None:
    reader = program_of(owner, "builds:read")
    assert sent(reader, "get", f"/approvals/{approval.id}/").status_code == 200
    assert refusal(sent(reader, "post", f"/approvals/{approval.id}/approve/")) == (403, "key.scope_missing")


def test_manners_are_the_defaults_until_they_are_chosen(owner: User) -> None:
    admin = program_of(owner, "admin")
    assert sent(admin, "get", "/me/agent/").json() == {
        "approval_policy": "always",
        "approval_policy_in_force": "always",
        "approval_above_usd": "0.000000",
        "while_busy": "queue",
        "weekly_digest": False,
        "notes_facts": True,
    }
    chosen = {
        "approval_policy": "above",
        "approval_above_usd": "0.25",
        "while_busy": "interrupt",
        "weekly_digest": True,
        "notes_facts": True,
    }
    changed = sent(admin, "patch", "/me/agent/", chosen).json()
    assert changed == chosen | {"approval_above_usd": "0.250000", "approval_policy_in_force": "above"}
    assert sent(admin, "patch", "/me/agent/", {"weekly_digest": False}).json() == changed | {"weekly_digest": False}
    assert sent(admin, "get", "/me/agent/").json()["while_busy"] == "interrupt"


def test_the_policy_in_force_is_the_stricter_one(owner: User, settings: object) -> None:
    settings.APPROVAL_RULE = "always"  # type: ignore[attr-defined]
    changed = sent(program_of(owner, "admin"), "patch", "/me/agent/", {"approval_policy": "never"}).json()
    assert (changed["approval_policy"], changed["approval_policy_in_force"]) == ("never", "always")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("approval_policy", "sometimes"),
        ("approval_policy_in_force", "never"),
        ("approval_above_usd", -1),
        ("approval_above_usd", 10_001),
        ("approval_above_usd", None),
        ("while_busy", None),
        ("weekly_digest", "often"),
        ("digested_at", None),
    ],
)
def test_manners_that_are_none_are_refused_by_name(owner: User, field: str, value: object) -> None:
    answer = sent(program_of(owner, "admin"), "patch", "/me/agent/", {field: value})
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    assert not AgentPreference.objects.exists()
