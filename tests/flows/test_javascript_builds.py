"""Whole JavaScript builds against a model server that speaks the real protocols."""

import json

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds import selectors
from builds.models.evidence import Evidence
from builds.states import State
from tests.contract.javascript_projects import needs_node
from tests.flows.worlds import built, model_server
from tests.stand_ins import javascript

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, needs_node]


def test_a_request_becomes_a_verified_javascript_build(owner: User) -> None:
    with model_server(javascript.GOOD_BUILD):
        build = built(owner, javascript.REQUEST, language="javascript")
    files = {file.path: file.blob.text for file in selectors.files_of(build.id)}
    assert (build.status, build.verification, build.error_code) == (State.COMPLETED, "verified", "")
    assert {row.kind: row.passed for row in Evidence.objects.all()} == dict.fromkeys(
        ("clean_run", "acceptance", "reorder", "negative_control", "independence"), True
    )
    assert set(files) == {"README.md", "package.json", "slugify.js", "slugify.test.js", "acceptance.test.js"}
    assert json.loads(files["package.json"])["type"] == "module"
    assert "node --test" in files["README.md"]
    assert "export function slugify" in build.generated_code
    assert build.analysis.quality_score is not None


def test_the_requests_examples_are_proved_in_javascript(owner: User) -> None:
    with model_server(javascript.GOOD_BUILD):
        build = built(owner, javascript.REQUEST, language="javascript")
    examples = next(proof for proof in build.proofs if proof["kind"] == "examples")
    assert (examples["status"], examples["passed"], examples["total"]) == ("held", 2, 2)


def test_the_model_is_asked_in_the_words_of_the_language(owner: User) -> None:
    with model_server(javascript.FAILS_THEN_PASSES) as server:
        build = built(owner, javascript.REQUEST, language="javascript")
    asked = json.dumps([request.body for request in server.requests], default=str)
    assert build.verification == "verified"
    assert selectors.attempts(build.id) == [1, 2]
    assert "node:assert/strict" in asked
    assert "expected 'rock-roll', got '-rock-roll-'" in asked
    assert "pytest" not in asked


def test_a_verified_javascript_build_can_be_looked_at(client: Client, owner: User) -> None:
    with model_server(javascript.GOOD_BUILD):
        build = built(owner, javascript.REQUEST, language="javascript")
    client.force_login(owner)
    content = client.get(build.get_absolute_url()).content.decode()
    assert "slugify.test.js" in content
    assert "node --test" in content
