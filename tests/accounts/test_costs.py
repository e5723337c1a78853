"""What a request with a key costs in statements: constant, and one of them for quotas."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from agentsite.accounts import keys
from agentsite.accounts.models import User
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
BUILDS = "/api/v1/builds/"
WANTED = {"project_name": "Roman", "requirements": "Roman numerals and back"}
KEY = {"postgresql": ["count, key"], "sqlite": ["count", "key"]}
STORED = {
    "postgresql": ["BEGIN", "run, build, event, webhooks", "audit, count", "COMMIT"],
    "sqlite": ["BEGIN", "run", "build", "event", "webhooks", "audit", "count", "COMMIT"],
}
COUNTS = "accounts_dailyusage"


@pytest.fixture
def program(owner: User) -> APIClient:
    return APIClient(headers={"Authorization": f"Bearer {keys.create_api_key(user=owner, name='x').secret}"})


def statements(call: Any) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        assert call().status_code < 300
    return [query["sql"] for query in captured]


def test_a_request_costs_the_same_statements_however_much_there_is(program: APIClient, owner: User) -> None:
    build = factories.completed(owner)
    key, stored = KEY[connection.vendor], STORED[connection.vendor]
    calls: list[tuple[Any, list[str]]] = [
        (lambda: program.post(BUILDS, WANTED, format="json"), [*key, *stored, "queue"]),
        (lambda: program.get(BUILDS), [*key, "builds"]),
        (lambda: program.get(f"{BUILDS}{build.id}/"), [*key, "build", "usage"]),
    ]
    for call, _ in calls:
        call()  # notes the key's use, once a minute
    for _round in range(2):
        for call, expected in calls:
            assert len(statements(call)) == len(expected)
        for number in range(8):
            factories.submitted(owner, name=f"more {number}")


def test_counting_calls_costs_one_statement(program: APIClient, owner: User) -> None:
    build = factories.completed(owner)
    program.get(BUILDS)
    for path in (BUILDS, f"{BUILDS}{build.id}/", f"{BUILDS}{build.id}/events/", "/api/v1/me/"):
        assert sum(COUNTS in sql for sql in statements(lambda path=path: program.get(path))) == 1
    created = statements(lambda: program.post(BUILDS, WANTED, format="json"))
    assert sum(COUNTS in sql for sql in created) == 2  # the call, and the build in the transaction that makes it
