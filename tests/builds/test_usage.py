"""What somebody used, through the API and on the page."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from agentsite.accounts import quota
from agentsite.accounts.models import DailyUsage, User
from builds.models.build import Build
from builds.models.usage import TokenUsage
from builds.usage import monthly
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
USAGE = "/api/v1/usage/"


def used(build: Build, model: str, cost: str, **more: Any) -> None:
    TokenUsage.objects.create(
        user=build.user,
        build=build,
        provider="openai",
        model=model,
        tokens_input=10,
        tokens_output=5,
        tokens_total=15,
        cost_usd=Decimal(cost),
        call_key=f"{build.id}:{TokenUsage.objects.count()}",
        **more,
    )


def signed_in(user: User) -> APIClient:
    browser = APIClient()
    browser.force_login(user)
    return browser


def test_use_is_summed_by_model_and_by_build(owner: User, stranger: User) -> None:
    one, two = (factories.submitted(owner, name=name) for name in ("One", "Two"))
    used(one, "small", "0.10")
    used(one, "large", "0.20")
    used(two, "large", "0.30")
    used(factories.submitted(stranger), "large", "9")
    told = signed_in(owner).get(USAGE).json()
    assert [(row["model"], row["calls"], row["cost_usd"]) for row in told["models"]] == [
        ("large", 2, "0.500000"),
        ("small", 1, "0.100000"),
    ]
    assert [(row["project_name"], row["cost_usd"]) for row in told["builds"]] == [
        ("One", "0.300000"),
        ("Two", "0.300000"),
    ]
    assert (told["committed_usd"], told["today"]["builds"]) == ("0.600000", 2)


def test_what_has_no_price_and_what_was_estimated_is_said(owner: User) -> None:
    used(factories.submitted(owner), "unheard-of", "0", has_price=False, is_estimated=True)
    [row] = signed_in(owner).get(USAGE).json()["models"]
    assert (row["has_price"], row["is_estimated"]) == (False, True)


def test_days_without_use_are_listed_too(owner: User) -> None:
    today = timezone.now().date()
    DailyUsage.objects.create(user=owner, day_on=today - timedelta(days=2), api_calls=7, cost_usd=Decimal("0.25"))
    days = monthly.usage_of(owner, 3).days
    assert [(day.day, day.used.api_calls) for day in days] == [
        (today - timedelta(days=2), 7),
        (today - timedelta(days=1), 0),
        (today, 0),
    ]


def test_a_month_is_the_sum_of_its_days(owner: User) -> None:
    for _ in range(2):
        quota.count_build(owner)
    quota.count_work(owner.pk, tokens_input=3, tokens_output=0, cost_usd=Decimal("0.1"))
    last_month = timezone.now().date().replace(day=1) - timedelta(days=1)
    DailyUsage.objects.create(user=owner, day_on=last_month, builds=50)
    month = monthly.usage_of(owner, 60).month
    assert (month.builds, month.tokens_input, month.cost_usd) == (2, 3, Decimal("0.1"))


def test_the_number_of_queries_does_not_grow(
    owner: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(5):
        used(factories.submitted(owner), f"model {number}", "0.1")
    with django_assert_max_num_queries(5):
        monthly.usage_of(owner, monthly.MAX_DAYS)


@pytest.mark.parametrize("days", ["0", "367", "-1", "many", "1e3", ""])
def test_a_number_of_days_that_makes_no_sense_is_refused(owner: User, days: str) -> None:
    refused = signed_in(owner).get(USAGE, {"days": days})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["days"])
