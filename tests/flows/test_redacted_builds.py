"""A redacted request from the first prompt to memory: no model sees the value, and right code is not failed for it."""

import json
from typing import Any

import pytest

from agentsite.accounts.models import User
from builds import guarding
from builds.models.build import Build
from builds.models.files import Blob
from builds.models.run import Effect, Run, RunEvent
from builds.states import State
from memory.models.vectors import VectorMemory
from tests.flows.worlds import built, forked, model_server
from tests.stand_ins import scripts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, pytest.mark.engine]
SECRET = "ada.king@analytical-engines.com"
REQUEST = f"{scripts.SLUGIFY_REQUEST}\n\nslugify('{SECRET}') == 'ada king'\n\nQuestions to {SECRET}."


def stored() -> str:
    tables = (Build, Run, RunEvent, Effect, VectorMemory, Blob)
    return "\n".join(repr(row) for table in tables for row in table.objects.values())


def test_no_prompt_and_no_row_holds_what_was_taken_out(owner: User, settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    with model_server(scripts.FAILS_THEN_PASSES) as server:
        build = built(owner, REQUEST)
    prompts = json.dumps([request.body for request in server.requests])
    assert (build.status, build.verification) == (State.COMPLETED, "verified")
    assert SECRET not in prompts
    assert SECRET not in stored()
    assert {request.purpose for request in server.requests} == {"analyse", "plan", "code", "tests", "repair"}
    asked = [json.dumps(request.body) for request in server.requests]
    assert all("Questions to [e-mail 1]" in text and "stand for values that were taken out" in text for text in asked)


def test_an_example_that_lost_its_value_is_not_tested_the_others_are(owner: User, settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    with model_server(scripts.GOOD_BUILD):
        build = built(owner, REQUEST)
    found = RunEvent.objects.get(run_id=build.run_id, kind="examples.found").payload
    assert (found["count"], found["left_out"]) == (2, 1)
    assert "e-mail 1" not in json.dumps(found["examples"])
    assert build.verification == "verified"


def test_a_fork_of_it_shows_no_model_what_its_parent_did_not(owner: User, settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    with model_server(scripts.GOOD_BUILD):
        build = built(owner, REQUEST)
    with model_server(scripts.GOOD_BUILD) as server:
        fork = forked(owner, build, f"Say what to ask {SECRET}")
    assert fork.requirements == "Say what to ask [e-mail 2]"
    assert server.requests
    assert SECRET not in json.dumps([request.body for request in server.requests])


def test_an_ordinary_request_is_asked_as_before(owner: User, settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    with model_server(scripts.GOOD_BUILD) as server:
        build = built(owner)
    assert build.verification == "verified"
    assert "taken out" not in json.dumps([request.body for request in server.requests])
