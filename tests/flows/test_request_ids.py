"""One id from the request that submits a build to the lines of the worker that runs it."""

import json

import pytest
import structlog
from django.test import Client

from agentsite.accounts.models import User
from agentsite.common.logs import logging_config
from builds import about, runner
from builds.models.build import Build
from builds.models.run import RunEvent
from tests.flows.worlds import ENGINES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox]
GIVEN = "a-request-0123456789"


def test_a_workers_lines_carry_the_request_that_submitted_the_build(
    client: Client, owner: User, capsys: pytest.CaptureFixture[str]
) -> None:
    client.force_login(owner)
    logging_config(level="INFO", sql_echo=False, log_format="json")
    wanted = {"project_name": "years", "requirements": "Say whether a year is a leap year"}
    asked = {"X-Request-Id": GIVEN}
    assert client.post("/api/v1/builds/", wanted, content_type="application/json", headers=asked).status_code == 201
    assert structlog.contextvars.get_contextvars() == {}
    assert runner.run_next(engines=ENGINES()) is not None
    assert structlog.contextvars.get_contextvars() == {}
    build = Build.objects.get()
    said = capsys.readouterr().err
    logging_config(level="WARNING", sql_echo=False)
    told = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    [submitted] = [line for line in told if line["event"] == "run.submitted"]
    [begun] = [line for line in told if line["event"] == "run.begun"]
    assert (submitted["request_id"], submitted["user_id"]) == (GIVEN, owner.pk)
    ids = {"request_id": GIVEN, "user_id": owner.pk, "build_id": str(build.id), "run_id": str(build.run_id)}
    assert ids.items() <= begun.items()
    assert begun["kind"] == "build"
    assert RunEvent.objects.get(run=build.run_id, seq=1).payload["request_id"] == GIVEN
    assert about.run(build.run_id)["request_id"] == GIVEN
