"""Requests made up from the OpenAPI document, as several people: no server error, nothing that it does not describe."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from agentsite.accounts import keys
from agentsite.accounts.models import Scope, User
from memory.models.conversation import Conversation
from tests.access.callers import World, world

EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", "6"))
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
NOWHERE = "01a20000-0000-7000-8000-000000000000"
pytestmark = pytest.mark.django_db


api = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
api.app = get_wsgi_application()


@pytest.fixture(autouse=True)
def _connection_stays_open() -> Iterator[None]:
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def made(db: None) -> World:
    return world(is_running=False)


@pytest.fixture(params=["owner", *(pytest.param(name, marks=pytest.mark.in_part) for name in ("stranger", "reader"))])
def authorization(request: pytest.FixtureRequest, made: World) -> str:
    user = User.objects.get_or_create(username=request.param)[0]
    User.objects.filter(pk=user.pk).update(api_quota_daily=1_000_000)
    scopes = [Scope.BUILDS_READ] if request.param == "reader" else [Scope.ADMIN]
    return f"Bearer {keys.create_api_key(user=user, name='program', scopes=scopes).secret}"


@api.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_every_answer_is_described(case: Any, made: World, authorization: str) -> None:
    aim(case, made)
    if case.path.startswith("/api/v1/conversations/") and case.path.endswith("/stream/"):
        Conversation.objects.update(status="archived")  # what goes on is followed until it ends
    answer = case.call(headers={"Authorization": authorization})
    case.validate_response(answer, checks=CHECKS)


def aim(case: Any, made: World) -> None:
    """Send most requests to something that exists; what the machine makes up is left where it makes a difference."""
    there = {name: value if isinstance(value, int) else str(value) for name, value in made.in_addresses.items()}
    for name, value in there.items():
        if name in case.path_parameters and case.path_parameters[name] != NOWHERE:
            case.path_parameters[name] = value
