"""What is told of days and tasks goes when nobody will ask for it any more."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_celery_results.models import TaskResult

from agentsite.accounts.models import DailyUsage, User
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
