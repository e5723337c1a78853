"""What is told of days and tasks goes when nobody will ask for it any more."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult

from agentsite.accounts import invitations
from agentsite.accounts.models import DailyUsage, Invitation, User
from builds import housekeeping

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def test_counters_of_years_ago_go_and_those_of_this_year_stay(owner: User) -> None:
    today = timezone.now().date()
    for days in (0, 300, 731):
        DailyUsage.objects.create(user=owner, day_on=today - timedelta(days=days))
    assert housekeeping.tidy()["counters"] == 1
    assert DailyUsage.objects.count() == 2


def test_outcomes_of_tasks_can_be_asked_for_a_month_long() -> None:
    for days in (1, 29, 31):
        done = TaskResult.objects.create(task_id=str(days), status="SUCCESS")
        TaskResult.objects.filter(pk=done.pk).update(date_done=timezone.now() - timedelta(days=days))
    assert housekeeping.tidy()["outcomes"] == 1
    assert set(TaskResult.objects.values_list("task_id", flat=True)) == {"1", "29"}


def test_invitations_that_ended_long_ago_go_with_their_addresses(operator: User) -> None:
    for days in (29, 31):
        made = invitations.invite(by=operator, email=f"ended{days}@example.org").invitation
        Invitation.objects.filter(pk=made.pk).update(expires_at=timezone.now() - timedelta(days=days))
    invitations.invite(by=operator, email="open@example.org")
    assert housekeeping.tidy()["invitations"] == 1
    assert Invitation.objects.count() == 2
