"""Personal data and secrets in requests: taken, redacted or refused, by the installation's policy."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from rest_framework.test import APIClient

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import guarding, library, lineage, naming, services
from builds.agent.values import JsonDict
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from memory.services import Document, index_passages
from tests import factories

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]
BUILDS = "/api/v1/builds/"
ADDRESS, OTHER = "ada.king@analytical-engines.com", "bob@difference.org"
TEXT = f"Send the list to {ADDRESS} and {OTHER}, and again to {ADDRESS}."


@pytest.fixture(params=[guarding.REDACT, guarding.BLOCK])
def strict(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.AGENT_INPUT_GUARD = request.param
    return str(request.param)


@pytest.fixture
def redacting(settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = guarding.REDACT


@pytest.fixture
def blocking(settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = guarding.BLOCK


def entries(action: str) -> list[dict[str, Any]]:
    return [entry.details for entry in AuditLog.objects.filter(action=action).order_by("id")]


def everything_stored() -> str:
    tables = (Build, Run, RunEvent, AuditLog)
    return "\n".join(repr(row) for table in tables for row in table.objects.values())


def program(user: User) -> APIClient:
    client = APIClient()
    client.force_login(user)
    return client


def test_by_default_a_request_is_taken_as_it_is_and_audited(owner: User) -> None:
    build = factories.submitted(owner, requirements=TEXT)
    assert (build.requirements, build.redactions) == (TEXT, {})
    assert entries("request.sensitive_allowed") == [{"found": {"requirements": {"email": 3}}}]


def test_an_ordinary_request_leaves_no_entry(owner: User, strict: str) -> None:
    factories.submitted(owner)
    assert not AuditLog.objects.filter(action__startswith="request.").exists()


def test_redacted_is_what_is_stored_and_nothing_else(owner: User, redacting: None) -> None:
    told = {"description": f"{OTHER} pays with 4539 1488 0343 6467", "tags": ["for " + ADDRESS]}
    build = factories.submitted(owner, name=f"List for {ADDRESS}", requirements=TEXT, **told)
    build.refresh_from_db()
    assert build.project_name == "List for [e-mail 1]"
    assert build.requirements == "Send the list to [e-mail 1] and [e-mail 2], and again to [e-mail 1]."
    assert build.description == "[e-mail 2] pays with [card 1]"
    assert build.tags == ["for [e-mail 1]"]
    stored = everything_stored()
    assert not [value for value in (ADDRESS, OTHER, "4539") if value in stored]
    found = {"project_name": {"email": 1}, "requirements": {"email": 3}, "tags": {"email": 1}}
    assert entries("request.redacted") == [{"found": {**found, "description": {"email": 1, "card": 1}}}]


def test_the_page_says_what_was_taken_out(client: Client, owner: User, redacting: None) -> None:
    client.force_login(owner)
    build = factories.submitted(owner, requirements=TEXT)
    page = client.get(build.get_absolute_url()).content.decode()
    assert "Taken out before anything was stored" in page
    assert "e-mail addresses" in page
    assert ADDRESS not in page
    assert program(owner).get(f"{BUILDS}{build.id}/").json()["redactions"] == {"email": 2}


def test_a_blocked_request_names_fields_and_kinds_and_stores_nothing(owner: User, blocking: None) -> None:
    wanted = {"project_name": "List", "requirements": TEXT, "tags": ["4539148803436467"]}
    answer = program(owner).post(BUILDS, wanted, format="json")
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "request.sensitive"
    assert answer.json()["error"]["fields"] == {
        "requirements": ["Found: e-mail addresses."],
        "tags": ["Found: card numbers."],
    }
    assert ADDRESS not in answer.content.decode()
    assert Build.objects.count() == 0
    assert entries("request.blocked") == [{"found": {"requirements": {"email": 3}, "tags": {"card": 1}}}]


def test_a_refusal_under_an_idempotency_key_is_audited_once_and_can_be_corrected(owner: User, blocking: None) -> None:
    client = program(owner)
    wanted = {"project_name": "List", "requirements": TEXT}
    refused = client.post(BUILDS, wanted, format="json", headers={"Idempotency-Key": "one"})
    assert (refused.status_code, len(entries("request.blocked"))) == (422, 1)
    wanted["requirements"] = "Send the list to ada@example.com."
    assert client.post(BUILDS, wanted, format="json", headers={"Idempotency-Key": "one"}).status_code == 201


def test_the_form_shows_the_refusal_beside_the_field_and_keeps_what_was_typed(
    client: Client, owner: User, blocking: None
) -> None:
    client.force_login(owner)
    answer = client.post("/builds/new/", {"requirements": TEXT, "language": "python"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Found: e-mail addresses." in page
    assert ADDRESS in page
    assert len(entries("request.blocked")) == 1


def test_the_command_is_refused_too(blocking: None) -> None:
    with pytest.raises(CommandError, match=r"request\.sensitive"):
        call_command("run_build", TEXT)
    assert len(entries("request.blocked")) == 1


def test_a_fork_and_a_retry_are_guarded_as_a_request(owner: User, settings: Any) -> None:
    build = factories.completed(owner)
    settings.AGENT_INPUT_GUARD = guarding.BLOCK
    with pytest.raises(AppError, match=r"request\.sensitive"):
        services.fork_build(user=owner, build=build, attempt=2, requirements=TEXT)
    settings.AGENT_INPUT_GUARD = guarding.ALLOW
    open_one = factories.failed(owner, requirements=TEXT)
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    again = services.retry_build(user=owner, build=open_one)
    assert ADDRESS not in again.requirements
    assert again.redactions == {"email": 2}


def test_what_was_stored_as_it_was_is_not_gone_on_with(owner: User, settings: Any) -> None:
    build = factories.failed(owner, requirements=TEXT, node="repair")
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    with pytest.raises(AppError) as refused:
        services.retry_build(user=owner, build=build, from_node="failed")
    assert (refused.value.code, list(refused.value.fields)) == ("request.sensitive", ["build"])
    with pytest.raises(AppError) as refused:
        services.fork_build(user=owner, build=build, attempt=1, requirements="Also sort it")
    assert (refused.value.code, list(refused.value.fields)) == ("request.sensitive", ["build"])


def test_a_retry_of_what_was_redacted_keeps_its_placeholders(owner: User, redacting: None) -> None:
    build = factories.failed(owner, requirements=TEXT, node="repair")
    again = services.retry_build(user=owner, build=build, from_node="failed")
    assert (again.requirements, again.redactions) == (build.requirements, {"email": 2})


def test_a_forks_placeholders_go_on_after_those_of_its_parent(owner: User, redacting: None) -> None:
    build = factories.completed(owner, requirements=TEXT)
    fork = services.fork_build(
        user=owner, build=build, attempt=2, requirements="Also to carl@gauss.net, not [e-mail 1]"
    )
    assert fork.requirements == "Also to [e-mail 3], not [e-mail 1]"
    assert fork.redactions == {"email": 3}
    request: JsonDict = lineage.first_state_of(fork)["request"]
    assert request["left_out"] == ["[e-mail 1]", "[e-mail 2]", "[e-mail 3]"]


def test_a_text_that_placeholders_make_too_long_is_refused_clearly(owner: User, redacting: None) -> None:
    with pytest.raises(AppError) as refused:
        factories.submitted(owner, requirements="x" * 19_990 + " a@b.io c@d.io"[:10])
    assert (refused.value.code, list(refused.value.fields)) == ("request.invalid", ["requirements"])


@pytest.mark.parametrize("policy", [guarding.ALLOW, guarding.REDACT])
def test_a_name_made_of_the_request_never_holds_what_was_found(policy: str, settings: Any) -> None:
    settings.AGENT_INPUT_GUARD = policy
    assert naming.name_from(f"Send mail to {ADDRESS} daily") == "Send mail to … daily"


def test_passages_from_before_are_kept_from_models(owner: User, settings: Any) -> None:
    document = Document("mailer.py", f"def send_the_list(): ...  # to {ADDRESS}", "mailer.py", "python")
    index_passages(user_id=owner.id, build_id=None, collection="code", verified=True, documents=[document])
    build = factories.submitted(owner)

    def passages() -> str:
        found = library.BuildRetriever(build).passages("send the list", language="python", budget_tokens=500)
        return "".join(passage.text for passage in found)

    assert ADDRESS in passages()
    settings.AGENT_INPUT_GUARD = guarding.REDACT
    assert ADDRESS not in passages()
