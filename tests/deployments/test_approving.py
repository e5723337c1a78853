"""A deployment waits for a yes unless its owner chose otherwise; a no, or no answer in time, ends it."""

import pytest
from django.db.models.functions import Now
from django.test import Client

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds.approvals import services as approvals
from builds.deployments import services
from builds.deployments.repository import folder_of
from builds.models.approval import Approval
from builds.models.deployment import Deployment, DeploymentTarget
from builds.runner import run_next
from tests import factories
from tests.deployments.worlds import fresh, in_repository, kinds, target_of, worked
from tests.talking.programs import program_of, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]


@pytest.fixture
def asked(owner: User) -> Deployment:
    return services.deploy(user=owner, build=factories.completed(owner), target=target_of(owner))


def answer(user: User, approval: Approval, *, approve: bool, reason: str = "") -> Approval:
    return approvals.answer(user=user, approval=approval, approve=approve, via="api", reason=reason)


def test_nobody_begins_before_the_yes(owner: User, asked: Deployment) -> None:
    assert run_next(run_id=asked.run_id) is None
    approval = asked.approvals.get()
    assert (approval.action, approval.build_id) == ("deploy", asked.build_id)
    answer(owner, approval, approve=True)
    done = worked(asked)
    assert done.status == "healthy"
    assert kinds(done)[:4] == ["deployment.submitted", "approval.requested", "approval.approved", "deployment.started"]
    message = in_repository(folder_of(asked.target_id), "log", "-1", "--format=%B", "main")
    assert "Approved by: owner (api)" in message


def test_the_api_answers_it_and_one_yes_counts(owner: User, asked: Deployment) -> None:
    program = program_of(owner)
    shown = sent(program, "get", f"/deployments/{asked.id}/").json()
    assert (shown["status"], shown["run_state"]) == ("building", "waiting")
    path = f"/approvals/{shown['approval']}/approve/"
    assert [sent(program, "post", path).status_code for _ in range(2)] == [200, 409]
    assert worked(asked).status == "healthy"


def test_a_no_ends_it_with_the_reason(owner: User, asked: Deployment) -> None:
    answer(owner, asked.approvals.get(), approve=False, reason="Not on a Friday")
    done = fresh(asked)
    assert (done.status, done.run.state, done.error_code) == ("failed", "cancelled", "deployment.rejected")
    assert "Not on a Friday" in done.report_text
    assert not folder_of(asked.target_id).exists()


def test_no_answer_in_time_ends_it(asked: Deployment) -> None:
    Approval.objects.update(expires_at=Now())
    assert approvals.expire_due() == 1
    assert (fresh(asked).run.state, fresh(asked).error_code) == ("cancelled", "deployment.expired")


def test_only_whom_it_was_put_to_may_answer(asked: Deployment, stranger: User) -> None:
    with pytest.raises(AppError) as refused:
        answer(stranger, asked.approvals.get(), approve=True)
    assert refused.value.http_status == 404


def test_one_that_is_cancelled_asks_no_more(owner: User, asked: Deployment) -> None:
    services.cancel(user=owner, deployment=asked)
    assert (fresh(asked).run.state, asked.approvals.get().status) == ("cancelled", "superseded")
    with pytest.raises(AppError):
        answer(owner, asked.approvals.get(), approve=True)
    written = AuditLog.objects.filter(resource_type="deployment").values_list("action", flat=True)
    assert list(written.order_by("id")) == [
        "deployment.submitted",
        "deployment.cancel_requested",
        "deployment.cancelled",
    ]


def test_one_that_waits_for_its_yes_holds_nobody_up(owner: User, asked: Deployment) -> None:
    later = services.deploy(user=owner, build=factories.completed(owner), target=asked.target)
    answer(owner, later.approvals.get(), approve=True)
    assert worked(later).status == "healthy"
    answer(owner, asked.approvals.get(), approve=True)
    done = worked(asked)
    assert (done.status, done.previous_sha) == ("healthy", fresh(later).git_sha)


def test_of_two_approved_ones_the_first_is_first(owner: User, asked: Deployment) -> None:
    later = services.deploy(user=owner, build=factories.completed(owner), target=asked.target)
    for each in (later, asked):
        answer(owner, each.approvals.get(), approve=True)
    assert run_next(run_id=later.run_id) is None
    assert worked(asked).status == "healthy"
    assert worked(later).status == "healthy"


def test_an_archived_target_takes_nothing(owner: User, client: Client) -> None:
    from builds.deployments import targets

    target: DeploymentTarget = target_of(owner)
    targets.change_target(user=owner, target=target, is_archived=True)
    with pytest.raises(AppError) as refused:
        services.deploy(user=owner, build=factories.completed(owner), target=target)
    assert refused.value.code == "target.archived"
