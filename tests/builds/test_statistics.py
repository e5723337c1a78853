"""How somebody's builds went: the figures, the page, the API, and who sees what."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from builds import removal, services
from builds.models.build import Build
from builds.models.files import Blob, BuildFile
from builds.models.run import Run
from builds.models.usage import TokenUsage
from builds.usage import statistics
from tests import factories
from tests.builds.test_usage import used

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
TODAY = date(2026, 3, 10)


def _ago(build: Build, days: int) -> Build:
    moment = timezone.now() - timedelta(days=days)
    Build.objects.filter(pk=build.pk).update(created_at=moment, completed_at=build.completed_at and moment)
    return build


def _first_try(owner: User) -> Build:
    build = factories.completed(owner)
    BuildFile.objects.filter(build=build, attempt=2).delete()
    return build


def test_the_figures_come_from_builds_attempts_and_ledger(owner: User, stranger: User) -> None:
    repaired, at_once = factories.completed(owner), _first_try(owner)
    factories.failed(owner)
    factories.submitted(owner, language="typescript")
    used(repaired, "small", "0.25")
    used(factories.completed(stranger), "small", "9")
    total = statistics.statistics_of(owner).total
    assert (total.builds, total.ended, total.verified, total.first_try, total.repairs) == (4, 3, 2, 1, 1)
    assert (total.verified_rate, total.first_try_rate, total.repairs_per_build) == (0.6667, 0.3333, 0.33)
    assert total.cost_usd == Decimal("0.25")
    assert statistics.statistics_of(owner).languages == [("python", 3), ("typescript", 1)]
    assert at_once.user == owner


def test_a_range_holds_its_days_and_nothing_older(owner: User) -> None:
    for days in (0, 29, 30, 100):
        _ago(factories.completed(owner), days)
    assert [statistics.statistics_of(owner, name).total.builds for name in statistics.RANGES] == [2, 3, 4]
    by_day = statistics.statistics_of(owner).periods
    assert (len(by_day), by_day[0].builds, by_day[-1].builds) == (30, 1, 1)
    weeks = statistics.statistics_of(owner, "12-weeks")
    assert [period.begins_on.weekday() for period in weeks.periods] == [0] * 12
    assert sum(period.builds for period in weeks.periods) == weeks.total.builds


def test_what_was_cancelled_says_nothing_of_the_rate(owner: User) -> None:
    factories.completed(owner)
    services.cancel_build(user=owner, build=factories.submitted(owner))
    total = statistics.statistics_of(owner).total
    assert (total.builds, total.ended, total.verified_rate) == (2, 1, 1.0)


def test_the_cost_of_a_deleted_build_stays(owner: User) -> None:
    build = factories.completed(owner)
    used(build, "small", "0.5")
    removal.delete_build(user=owner, build=build)
    found = statistics.statistics_of(owner)
    assert (found.total.builds, found.total.cost_usd, found.is_empty) == (0, Decimal("0.5"), False)


@pytest.mark.parametrize(
    ("days", "current", "longest"),
    [
        ((), 0, 0),
        ((0,), 1, 1),
        ((1,), 1, 1),
        ((2,), 0, 1),
        ((9, 8, 7, 1, 0), 2, 3),
        ((3, 2, 1), 3, 3),
    ],
)
def test_a_streak_goes_on_until_a_day_is_over_without_a_verified_build(
    days: tuple[int, ...], current: int, longest: int
) -> None:
    proved = [TODAY - timedelta(days=back) for back in days]
    assert statistics.streaks_of(proved, TODAY) == statistics.Streaks(current, longest)


def test_streaks_count_days_of_verified_builds_only(owner: User) -> None:
    for days in (0, 1, 1, 4):
        _ago(factories.completed(owner), days)
    _ago(factories.completed(owner, verification="partly"), 2)
    assert statistics.statistics_of(owner).streaks == statistics.Streaks(2, 2)


def test_a_thousand_builds_take_three_queries(owner: User) -> None:
    _thousand(owner)
    with CaptureQueriesContext(connection) as queries:
        found = statistics.statistics_of(owner, "year")
    assert len(queries) == 3
    assert (found.total.builds, found.total.repairs) == (1000, 500)


def _thousand(owner: User) -> None:
    now = timezone.now()
    runs = Run.objects.bulk_create([Run(kind="build", user=owner, state="completed") for _ in range(1000)])
    about = {"user": owner, "requirements": "x", "status": "completed", "verification": "verified"}
    builds = Build.objects.bulk_create(
        [Build(run=run, project_name=f"Build {n}", completed_at=now, **about) for n, run in enumerate(runs)]
    )
    blob = Blob.objects.create(sha256="0" * 64, content=b"x")
    attempts = [(build, number) for number in (1, 2) for build in builds[::number]]
    BuildFile.objects.bulk_create(
        [BuildFile(build=build, attempt=number, path="a.py", blob=blob) for build, number in attempts]
    )


def test_the_api_tells_the_same_figures(owner: User) -> None:
    used(factories.completed(owner), "small", "0.25")
    browser = APIClient()
    browser.force_login(owner)
    told = browser.get("/api/v1/statistics/", {"range": "12-weeks"}).json()
    assert (told["range"], told["unit"], len(told["periods"])) == ("12-weeks", "week", 12)
    assert told["total"]["verified_rate"] == 1.0
    assert told["total"]["cost_usd"] == told["periods"][-1]["cost_usd"] == "0.250000"
    assert told["languages"] == [{"language": "python", "builds": 1}]
    assert told["streaks"] == {"current": 1, "longest": 1}
    refused = browser.get("/api/v1/statistics/", {"range": "forever"})
    assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, ["range"])


def test_an_unknown_range_is_refused_in_the_service(owner: User) -> None:
    with pytest.raises(AppError):
        statistics.statistics_of(owner, "decade")


def test_the_page_shows_charts_with_a_table_and_other_ranges(owner: User, client: Client) -> None:
    factories.completed(owner)
    client.force_login(owner)
    page = client.get("/usage/statistics/?range=year").content.decode()
    assert page.count("<svg viewBox") == 4
    assert "by week" in page
    assert 'href="?range=12-weeks"' in page
    assert "100%" in page
    assert client.get("/usage/statistics/?range=nonsense").status_code == 200


def test_without_builds_the_page_says_so(owner: User, stranger: User, client: Client) -> None:
    factories.completed(stranger)
    client.force_login(owner)
    page = client.get("/usage/statistics/").content.decode()
    assert "Nothing to count yet" in page
    assert "<svg viewBox" not in page


def test_the_ledger_of_talks_counts_by_the_day(owner: User) -> None:
    TokenUsage.objects.create(user=owner, provider="openai", model="small", cost_usd=Decimal("0.01"), call_key="talk")
    last = statistics.statistics_of(owner).periods[-1]
    assert (last.begins_on, last.cost_usd) == (datetime.now(UTC).date(), Decimal("0.01"))
