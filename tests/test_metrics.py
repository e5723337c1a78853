"""What Prometheus is told, and who else."""

import tomllib
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from prometheus_client.parser import text_string_to_metric_families

from agentsite import env, health
from agentsite.accounts.models import User
from agentsite.common import measures
from agentsite.health.check import Check
from agentsite.health.part import Part, degraded, down, ok
from builds.agent.errors import AgentError, TransientError
from builds.states import State
from tests import factories
from tests.measuring import ended

pytestmark = [pytest.mark.django_db, pytest.mark.engine_in_part]
TOKEN = "a token"


@pytest.fixture(autouse=True)
def _enabled(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.PROMETHEUS_ENABLED, settings.PROMETHEUS_TOKEN = True, TOKEN
    for check in health.CHECKS.values():
        check.forget()
    set_part(monkeypatch, "sandbox", ok("bubblewrap"))  # no need to make one each time


def set_part(monkeypatch: pytest.MonkeyPatch, name: str, part: Part) -> None:
    monkeypatch.setitem(health.CHECKS, name, Check(name, lambda: part))


def scraped(client: Client, shown: str = TOKEN) -> Any:
    return client.get("/metrics", headers={"Authorization": f"Bearer {shown}"})


class Told:
    """What stands in ``/metrics``; counters are those since this was made."""

    def __init__(self) -> None:
        self._before: Mapping[tuple[str, frozenset[tuple[str, str]]], float] = {}
        self._before = self._now()

    def _now(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        families = text_string_to_metric_families(scraped(Client()).content.decode())
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}

    def __call__(self, name: str, **labels: str) -> float:
        """Return the sum of all samples with these labels among theirs."""
        now, wanted = self._now(), labels.items()
        before = self._before if name.endswith(("_total", "_count", "_sum")) else {}
        return sum(
            value - before.get((each, has), 0.0) for (each, has), value in now.items() if each == name and wanted <= has
        )


def test_it_tells_of_queue_runs_and_builds(client: Client, owner: User) -> None:
    factories.submitted(owner)
    factories.running(owner)
    factories.completed(owner)
    lines = scraped(client).content.decode().splitlines()
    assert 'agentsite_runs{kind="build",state="pending"} 1.0' in lines
    assert 'agentsite_runs{kind="build",state="running"} 1.0' in lines
    assert 'agentsite_leases{state="held"} 1.0' in lines
    assert 'agentsite_builds_last_hour{status="completed",verification="verified"} 1.0' in lines
    [oldest] = [line.split()[1] for line in lines if line.startswith("agentsite_queue_oldest_seconds ")]
    assert float(oldest) > 0


def test_it_tells_operators_and_nobody_without_the_token(client: Client, owner: User, operator: User) -> None:
    assert scraped(client, "another token").status_code == 404
    client.force_login(owner)
    assert client.get("/metrics").status_code == 404
    client.force_login(operator)
    assert client.get("/metrics").status_code == 200


def test_without_a_token_set_no_token_opens_it(client: Client, settings: Any) -> None:
    settings.PROMETHEUS_TOKEN = ""
    assert scraped(client, "").status_code == 404


def test_what_is_asked_costs_the_same_however_many_there_are(
    client: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        factories.submitted(owner)
    with django_assert_max_num_queries(17):
        scraped(client)


@pytest.mark.django_db(transaction=True)
def test_a_build_is_told_by_result_step_model_and_sandbox(owner: User) -> None:
    told = Told()
    assert ended(factories.submitted(owner)).status == State.COMPLETED
    assert told("agentsite_builds_finished_total", status="completed") == 1
    assert told("agentsite_runs_finished_total", kind="build", status="completed", fault="") == 1
    assert told("agentsite_run_attempts_total", kind="build", outcome="worked") == 1
    assert told("agentsite_node_seconds_count", node="finalise", outcome="finished") == 1
    who = {"provider": "openai", "model": "gpt-4o"}
    assert told("agentsite_model_calls_total", **who, purpose="code", outcome="answered") == 1
    assert told("agentsite_model_tokens_total", **who, direction="input") > 100
    assert told("agentsite_model_cost_usd_total", **who) > 0
    assert told("agentsite_model_first_token_seconds_count", **who) == 4
    assert told("agentsite_sandbox_seconds_count", language="python", outcome="exited") >= 2
    assert told("agentsite_sandbox_runs_open") == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("code", "fault"),
    [("model.empty_answer", "model"), ("sandbox.unavailable", "sandbox"), ("platform.error", "platform")],
)
def test_a_failure_is_told_with_its_code_and_whose_fault_it_is(owner: User, code: str, fault: str) -> None:
    told = Told()
    ended(factories.submitted(owner), answer=lambda _request: AgentError(code))
    assert told("agentsite_runs_finished_total", status="failed", code=code, fault=fault) == 1
    assert told("agentsite_model_calls_total", purpose="analyse", outcome=code) == 1
    assert told("agentsite_node_seconds_count", node="analyse", outcome="failed") == 1


@pytest.mark.django_db(transaction=True)
def test_a_broken_sandbox_is_told(owner: User) -> None:
    told = Told()
    ended(factories.submitted(owner), sandboxed=AgentError("sandbox.failed"))
    assert told("agentsite_sandbox_seconds_count", outcome="sandbox.failed") == 1


@pytest.mark.django_db(transaction=True)
def test_a_paused_provider_is_told(owner: User) -> None:
    told = Told()
    ended(factories.submitted(owner), answer=lambda _: TransientError("model.overloaded", retry_after_seconds=90))
    assert 80 < told("agentsite_provider_pause_seconds", provider="openai") <= 90


@pytest.mark.django_db(transaction=True)
def test_what_a_rolled_back_transaction_said_is_not_counted(owner: User) -> None:
    build = factories.submitted(owner)
    told = Told()
    with transaction.atomic():
        factories.tell(build, "build.completed", {"verification": "verified"})
        transaction.set_rollback(True)
    assert told("agentsite_builds_finished_total") == 0


def test_requests_are_told_by_view_and_refusals_by_code(owner: User) -> None:
    told, client = Told(), Client()
    client.force_login(owner)
    client.get("/api/v1/builds/")
    client.post("/api/v1/builds/", {}, content_type="application/json")
    assert told("django_http_responses_total_by_status_view_method_total", view="build-api-list", status="200") == 1
    assert told("agentsite_api_errors_total", code="request.invalid", status="400") == 1


def test_a_repeated_request_is_told(owner: User) -> None:
    told, client = Told(), Client(headers={"Idempotency-Key": str(uuid4())})
    client.force_login(owner)
    for _ in range(3):
        wanted = {"project_name": "years", "requirements": "A function is_leap_year(year)."}
        client.post("/api/v1/builds/", wanted, content_type="application/json")
    assert told("agentsite_idempotent_replays_total") == 2


def test_log_ins_are_told() -> None:
    told, client = Told(), Client()
    User.objects.create_user("somebody", email="s@example.org", password="a-long-password")
    client.post(reverse("account_login"), {"login": "somebody", "password": "wrong"})
    assert told("agentsite_logins_total", outcome="failed") == 1


def test_strange_addresses_and_methods_are_one_each() -> None:
    client = Client()
    before = scraped(client).content.decode().count("\n")
    for number in range(20):
        client.get(f"/nothing/{number}/")
        client.generic(f"M{number}", "/livez")
        client.generic("POST", "/livez", headers={"Content-Length": f"x{number}"})
    assert scraped(client).content.decode().count("\n") - before < 120
    assert "M19" not in scraped(client).content.decode()


@pytest.mark.django_db(transaction=True)
def test_no_label_names_a_person_a_host_or_what_they_wrote(owner: User) -> None:
    client = Client()
    client.force_login(owner)
    build = ended(factories.submitted(owner, name="canary-project"))
    client.get(f"/builds/{build.id}/", headers={"Host": "canary-host.example"})
    text = scraped(client).content.decode()
    for word in (owner.username, str(build.id), str(build.run_id), "canary", "to_roman", "127.0.0.1"):
        assert word not in text


def test_models_that_people_invent_are_one() -> None:
    bounded = measures.Bounded(3, longest=5)
    assert [bounded(f"model-{n}"[::-1]) for n in range(5)] == ["0-led", "1-led", "2-led", "other", "other"]
    assert bounded("0-ledom") == "0-led"


def test_without_a_database_it_is_told_that_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    set_part(monkeypatch, "database", down("", "database.unreachable"))
    told = Told()
    assert (told("agentsite_database_up"), told("agentsite_part_up", part="database")) == (0, 0)
    assert told("agentsite_part_up", part="sandbox") == 1
    assert told("agentsite_disk_bytes", state="size") > told("agentsite_disk_bytes", state="free") > 0


@pytest.mark.parametrize("part", ["broker", "sandbox", "model", "vectors", "workers", "bot", "disk", "audit"])
@pytest.mark.parametrize("how", [down("", "part.failed"), degraded("", "part.failed")])
def test_each_part_that_is_away_is_told(monkeypatch: pytest.MonkeyPatch, part: str, how: Part) -> None:
    told = Told()
    set_part(monkeypatch, part, ok(""))
    assert told("agentsite_part_up", part=part) == 1
    set_part(monkeypatch, part, how)
    assert told("agentsite_part_up", part=part) == 0


def test_the_version_told_is_that_of_the_project() -> None:
    stated = tomllib.loads((env.BASE_DIR / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    assert Told()("agentsite_info", version=stated) == 1


def test_nothing_is_declared_twice() -> None:
    with pytest.raises(ValueError, match="agentsite_runs_finished_total"):
        measures.counter("agentsite_runs_finished_total", "Again.")
