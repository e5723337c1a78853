"""Submitting, cancelling and retrying."""

from decimal import Decimal

import pytest

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import services
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from builds.states import State

pytestmark = pytest.mark.django_db


def submit(user: User, **changes: object) -> Build:
    wanted: dict[str, object] = {"project_name": "Roman", "requirements": "Roman numerals"}
    return services.submit_build(user=user, **(wanted | changes))  # type: ignore[arg-type]


def test_a_submission_is_build_run_event_and_audit_entry(owner: User) -> None:
    build = submit(owner)
    assert build.run.state == State.PENDING
    assert list(RunEvent.objects.values_list("seq", "kind")) == [(1, "build.submitted")]
    assert AuditLog.objects.get(action="build.submitted").resource_id == str(build.id)


def test_a_viewer_cannot_submit(viewer: User) -> None:
    with pytest.raises(AppError) as refused:
        submit(viewer)
    assert refused.value.http_status == 403
    assert not Run.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("requirements", ""),
        ("requirements", "  \n "),
        ("requirements", "x" * 20_001),
        ("requirements", "a\x00b"),
        ("requirements", "a\ud800b"),
        ("project_name", ""),
        ("project_name", "x" * 256),
        ("language", "cobol"),
        ("tags", ["x"] * 10 + [str(number) for number in range(20)]),
        ("tags", ["x" * 51]),
        ("budget_usd", Decimal(-1)),
        ("budget_usd", Decimal("NaN")),
        ("model", "nothing"),
        ("model", "nobody:knows"),
    ],
)
def test_what_cannot_be_used_is_named_and_nothing_is_stored(owner: User, field: str, value: object) -> None:
    with pytest.raises(AppError) as refused:
        submit(owner, **{field: value})
    assert list(refused.value.fields) == [field]
    assert not Build.objects.exists()


def test_a_waiting_build_is_cancelled_at_once(owner: User) -> None:
    build = services.cancel_build(user=owner, build=submit(owner))
    assert build.status == State.CANCELLED
    assert build.completed_at is not None


def test_an_ended_build_cannot_be_cancelled(owner: User) -> None:
    build = services.cancel_build(user=owner, build=submit(owner))
    with pytest.raises(AppError, match=r"build\.final"):
        services.cancel_build(user=owner, build=build)


def test_a_retry_is_a_new_build_with_a_parent(owner: User) -> None:
    build = services.cancel_build(user=owner, build=submit(owner, tags=["a"], budget_usd=Decimal(1)))
    again = services.retry_build(user=owner, build=build)
    assert (again.parent, again.tags, again.budget_usd, again.status) == (build, ["a"], Decimal(1), State.PENDING)


def test_a_build_that_has_not_ended_cannot_be_retried(owner: User) -> None:
    with pytest.raises(AppError, match=r"build\.not_final"):
        services.retry_build(user=owner, build=submit(owner))
