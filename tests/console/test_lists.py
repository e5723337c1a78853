"""The lists: filters that find what is stuck, search that an index answers, and nothing that reads a million rows."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from agentsite.accounts.models import User
from agentsite.console import paging, searching
from builds import stuck
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.states import State
from tests import factories
from tests.console.asking import list_of

pytestmark = pytest.mark.django_db
QUERIES = 5
"""Session, account, the bounded count, the rows, the languages that the filter offers; as many at a million builds."""


def names(console: Client, **asked: str) -> list[str]:
    page = console.get(list_of(Build), asked)
    assert page.status_code == 200
    return [build.project_name for build in page.context["cl"].result_list]


def ago(**units: int) -> Any:
    return timezone.now() - timedelta(**units)


def make_stuck(owner: User, code: str) -> Build:
    """Return a build that is stuck for a reason."""
    if code in {"queued", "overdue"}:
        build = factories.submitted(owner, name=code)
        past = {"created_at": ago(minutes=16)} if code == "queued" else {"next_attempt_at": ago(minutes=3)}
        Run.objects.filter(pk=build.run_id).update(**past)
        return build
    build, _claim = factories.running(owner, name=code)
    changes = {"abandoned": {"lease_expires_at": ago(minutes=1)}, "stopping": {"cancel_requested_at": ago(minutes=3)}}
    Run.objects.filter(pk=build.run_id).update(**changes.get(code, {"last_seq": build.run.last_seq}))
    if code == "silent":
        RunEvent.objects.filter(run=build.run).update(created_at=ago(minutes=11))
    return build


@pytest.mark.parametrize("code", stuck.REASONS)
def test_what_gets_nowhere_is_found_and_says_why(console: Client, owner: User, code: str) -> None:
    build = make_stuck(owner, code)
    factories.running(owner, name="runs well")
    factories.submitted(owner, name="waits its turn")
    assert names(console, stuck="any") == [code]
    assert names(console, stuck=code) == [code]
    run = stuck.with_last_event(Run.objects.filter(pk=build.run_id)).get()
    reason = stuck.reason_of(run, run.last_event_at)  # type: ignore[attr-defined]
    assert reason is not None
    assert reason.code == code


def test_search_takes_ids_codes_names_and_people(console: Client, owner: User, stranger: User) -> None:
    build, failed = factories.submitted(owner, name="First"), factories.failed(stranger, name="Second")
    assert names(console, q=str(build.id)) == ["First"]
    assert names(console, q=str(build.run_id)) == ["First"]
    assert names(console, q=f" {failed.error_code} ") == ["Second"]
    assert names(console, q="STRAN") == ["Second"]
    assert names(console, q="irs") == ["First"]
    assert names(console, q="to_roman converts") == ["Second", "First"]
    assert names(console, q="nothing like it") == []


@pytest.mark.parametrize("garbage", ["%", "_", "'", '"', "\\", "0", "-1", "9" * 400, "a" * 5_000, "\u0000x", "💥"])
def test_search_survives_garbage(console: Client, owner: User, garbage: str) -> None:
    factories.submitted(owner)
    for model in (Build, Run, TokenUsage, User):
        assert console.get(list_of(model), {"q": garbage}).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [{"stuck": "x"}, {"fault": "x"}, {"p": "x"}, {"p": "9999"}, {"o": "99.x"}, {"created_at__gte": "x"}],
    ids=str,
)
def test_addresses_that_make_no_sense_do_no_harm(console: Client, owner: User, wrong: dict[str, str]) -> None:
    factories.submitted(owner)
    assert console.get(list_of(Build), wrong, follow=True).status_code == 200


def test_words_are_looked_for_among_the_newest_only(
    console: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "NEWEST", 2)
    for number in range(4):
        factories.submitted(owner, name=f"word {number}")
    assert names(console, q="word") == ["word 3", "word 2"]


def test_a_list_is_not_counted_to_its_end(console: Client, owner: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MOST", 3)
    monkeypatch.setattr(paging.BoundedPaginator, "most", 3)
    for _ in range(5):
        factories.submitted(owner)
    with CaptureQueriesContext(connection) as queries:
        page = console.get(list_of(Build))
    assert "The first 3 builds" in page.content.decode()
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"] and "builds_build" in query["sql"]]
    assert len(counts) == 1
    assert "LIMIT 3" in counts[0]


def test_a_list_is_sorted_only_by_what_an_index_keeps_in_order(console: Client, owner: User) -> None:
    for name in ("b", "c", "a"):
        build = factories.submitted(owner, name=name)
        Build.objects.filter(pk=build.pk).update(model=name)
    assert names(console, o="5") == names(console, o="-5") == ["a", "c", "b"]
    people = console.get(list_of(User), {"o": "1"}).context["cl"].result_list
    assert [person.username for person in people] == ["operator", "owner"]


def test_it_costs_what_it_costs_with_a_million_builds(console: Client, owner: User) -> None:
    for _ in range(3):
        factories.failed(owner)
    for asked in ({}, {"status__exact": "failed"}, {"fault": "model"}, {"stuck": "any"}):
        with CaptureQueriesContext(connection) as queries:
            console.get(list_of(Build), asked)
        assert (asked, len(queries)) == (asked, QUERIES)


def test_a_fault_is_filtered_by_and_a_code_can_be_taken_away(console: Client, owner: User) -> None:
    factories.failed(owner, name="model", code="model.timeout")
    factories.failed(owner, name="sandbox", code="sandbox.lost")
    assert names(console, fault="sandbox") == ["sandbox"]
    assert names(console, error_code="model.timeout") == ["model"]
    assert names(console, status__exact=State.FAILED, error_code="x.y") == []
