"""The dashboard: what it counts, where its numbers lead, what it costs, and who sees it."""

import re
from datetime import timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from agentsite.accounts.models import Role, User
from builds import presence
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.states import State
from tests import factories
from tests.console.asking import page_of

pytestmark = pytest.mark.django_db
HOME, LIVE = reverse("admin:index"), reverse("admin:live")
QUERIES, LIVE_QUERIES = 15, 8
"""Session and account, five for what happens now, seven for the period."""


def spent(user: User, key: str, cost: str, *, took: int = 1500, model: str = "gpt-4o") -> None:
    names = {"provider": "openai", "model": model, "call_key": key}
    TokenUsage.objects.create(user=user, cost_usd=Decimal(cost), duration_ms=took, **names)


def figures(page: Any) -> dict[str, str]:
    found = re.findall(r'<div class="figure[^"]*"><dt>(.*?)</dt><dd>(.*?)</dd>', page.content.decode(), re.DOTALL)
    return {title: re.sub(r"<[^>]+>", " ", value).split()[0] for title, value in found}


def links(page: Any) -> dict[str, str]:
    found = re.findall(r'<a href="([^"]+)">([^<]*)</a>', page.content.decode())
    return {text: unescape(address) for address, text in found}


def test_it_counts_what_waits_runs_and_is_stuck(console: Client, owner: User) -> None:
    factories.submitted(owner)
    build, _claim = factories.running(owner)
    RunEvent.objects.filter(run=build.run).update(created_at=timezone.now() - timedelta(minutes=11))
    counted = figures(console.get(HOME))
    assert [counted[name] for name in ("In the queue", "Running", "Waiting", "Stuck")] == ["1", "1", "0", "1"]


def test_it_says_how_builds_ended_and_what_was_proved(console: Client, owner: User) -> None:
    for verification in ("verified", "partly"):
        factories.completed(owner, verification=verification)
    factories.failed(owner)
    counted = figures(console.get(HOME))
    assert [counted[name] for name in ("Builds", "Success", "Verified", "Failed")] == ["3", "66.7", "33.3", "1"]


def test_money_latency_and_people(console: Client, owner: User, stranger: User) -> None:
    factories.completed(owner)
    spent(owner, "a", "1.50", took=2000)
    spent(stranger, "b", "0.25", took=4000)
    page = console.get(HOME)
    text = page.content.decode()
    assert figures(page)["Spent"] == "$1.75"
    assert "openai:gpt-4o" in text
    assert "3.0 s" in text
    assert text.index("$1.50") < text.index("$0.25")


def test_every_number_leads_to_its_rows(console: Client, owner: User) -> None:
    failed, _other = factories.failed(owner, code="model.timeout"), factories.failed(owner)
    listed = console.get(links(console.get(HOME))["model.timeout"])
    assert [build.pk for build in listed.context["cl"].result_list] == [failed.pk]
    for text, address in links(console.get(HOME)).items():
        assert (text, console.get(address).status_code) == (text, 200)


def test_only_the_period_that_was_asked_for_is_counted(console: Client, owner: User) -> None:
    factories.failed(owner)
    Build.objects.update(created_at=timezone.now() - timedelta(days=3))
    assert [figures(console.get(HOME, {"period": code}))["Failed"] for code in ("24h", "7d", "30d", "x")] == list(
        "0110"
    )


def test_pictures_need_no_script_and_tables_say_the_same(console: Client, owner: User) -> None:
    factories.failed(owner)
    text = console.get(HOME, {"period": "7d"}).content.decode()
    assert "<rect" in text
    assert "1 failed" in text
    assert f'<th scope="row">{date_format(timezone.now().date(), "DATE_FORMAT")}</th>' in text


def test_it_shows_how_many_workers_live(console: Client) -> None:
    assert figures(console.get(HOME))["Workers"] == "0"
    worker = presence.Presence()
    worker.beat()
    assert figures(console.get(HOME))["Workers"] == "1"
    worker.leave()
    assert figures(console.get(HOME))["Workers"] == "0"


def test_it_shows_which_worker_holds_what_and_how_old_the_heartbeat_is(console: Client, owner: User) -> None:
    build, _claim = factories.running(owner, name="Held")
    Run.objects.filter(pk=build.run_id).update(
        lease_owner="box-12/4026531836/77/123:9", lease_expires_at=timezone.now() + timedelta(seconds=40)
    )
    text = console.get(LIVE).content.decode()
    for expected in ("Held", "box-12", "process 77", ">20 s<"):
        assert expected in text


def test_what_people_named_is_shown_as_text(console: Client, owner: User) -> None:
    factories.running(owner, name="<script>alert(1)</script>")
    assert "<script>alert" not in console.get(HOME).content.decode()


def test_it_costs_the_same_however_much_there_is(console: Client, owner: User) -> None:
    counts = []
    for number in range(4):
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            assert console.get(HOME).status_code == 200
        counts.append(len(queries))
        factories.failed(owner, name=f"build {number}")
        factories.running(User.objects.create_user(f"person-{number}"), name="runs")
        spent(owner, f"call {number}", "1", model=f"model-{number}")
    assert counts == [QUERIES] * 4
    with CaptureQueriesContext(connection) as queries:
        console.get(LIVE)
    assert len(queries) == LIVE_QUERIES


def test_an_empty_installation_has_a_dashboard(console: Client) -> None:
    assert figures(console.get(HOME))["Builds"] == "0"


def test_staff_who_are_no_operators_are_refused_everywhere(client: Client) -> None:
    helper = User.objects.create_user("helper", password="password", is_staff=True)
    client.force_login(helper)
    for path in (HOME, LIVE, reverse("admin:builds_build_changelist"), reverse("admin:login")):
        assert (path, client.get(path).status_code) == (path, 403)


def test_operators_see_what_they_may(client: Client, owner: User) -> None:
    build = factories.submitted(owner)
    helper = User.objects.create_user("helper", password="password", is_staff=True, role=Role.ADMIN)
    client.force_login(helper)
    paths = (HOME, LIVE, reverse("admin:builds_build_changelist"), page_of(build), page_of(owner))
    assert {client.get(path).status_code for path in paths} == {403}


def test_others_are_sent_to_the_login(client: Client, owner: User) -> None:
    for _ in range(2):
        assert client.get(HOME).status_code == 302
        client.force_login(owner)


def test_a_cancelled_build_is_no_failure(console: Client, owner: User) -> None:
    factories.submitted(owner)
    Run.objects.update(state=State.CANCELLED)
    Build.objects.update(status=State.CANCELLED, completed_at=timezone.now())
    assert figures(console.get(HOME))["Success"] == "–"
