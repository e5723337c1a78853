"""What Prometheus is told, and who else."""

from typing import Any

import pytest
from django.test import Client

from agentsite.accounts.models import User
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
TOKEN = "a token"


@pytest.fixture(autouse=True)
def _enabled(settings: Any) -> None:
    settings.PROMETHEUS_ENABLED, settings.PROMETHEUS_TOKEN = True, TOKEN


def scraped(client: Client, shown: str = TOKEN) -> Any:
    return client.get("/metrics", headers={"Authorization": f"Bearer {shown}"})


def test_it_tells_of_queue_runs_and_builds(client: Client, owner: User) -> None:
    factories.submitted(owner)
    factories.running(owner)
    factories.completed(owner)
    lines = scraped(client).content.decode().splitlines()
    assert 'agentsite_runs{kind="build",state="pending"} 1.0' in lines
    assert 'agentsite_runs{kind="build",state="running"} 1.0' in lines
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


def test_what_is_counted_costs_the_same_however_many_there_are(
    client: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(3):
        factories.submitted(owner)
    with django_assert_max_num_queries(16):
        scraped(client)
