"""Retrying and forking through every door, as owner, stranger, operator, viewer and nobody."""

import pytest
from django.test import Client
from rest_framework.test import APIClient

from agentsite.accounts.models import Role, User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds import lineage, services
from builds.agent.base import Base
from builds.agent.state import State
from builds.models.build import Build
from builds.models.files import Blob
from builds.models.run import RunEvent
from builds.runs.progress import begin_with, progress_of
from builds.workspace import stored_tree
from tests import factories

pytestmark = pytest.mark.django_db
CHANGE = "Also support zero: to_roman(0) -> ''"


def client_of(user: User | None) -> APIClient:
    client = APIClient()
    if user is not None:
        client.force_login(user)
    return client


def api(build: Build, act: str) -> str:
    return f"/api/v1/builds/{build.id}/{act}/"


def forked(user: User, build: Build, **changes: object) -> Build:
    wanted: dict[str, object] = {"attempt": 1, "requirements": CHANGE}
    return services.fork_build(user=user, build=build, **(wanted | changes))  # type: ignore[arg-type]


def base_of(build: Build) -> Base:
    reached = progress_of(build.run)
    assert reached is not None
    return reached.state["base"]


# -- what a fork is ---------------------------------------------------------------------------------------------------


def test_a_fork_starts_from_the_files_of_an_attempt_and_stores_no_content_twice(owner: User) -> None:
    build = factories.completed(owner)
    blobs = Blob.objects.count()
    fork = forked(owner, build)
    assert stored_tree(fork.id, 0) == stored_tree(build.id, 1)
    assert (fork.parent, fork.forked_attempt, fork.language) == (build, 1, "python")
    assert Blob.objects.count() == blobs


def test_a_fork_takes_over_what_is_not_said(owner: User) -> None:
    build = factories.completed(owner, model="ollama:coder", tags=["a"])
    fork = forked(owner, build)
    assert (fork.project_name, fork.wanted_model, fork.tags) == (build.project_name, "ollama:coder", ["a"])
    assert forked(owner, build, model="").wanted_model == ""


def test_a_fork_is_told_in_its_timeline_and_in_the_audit_log(owner: User) -> None:
    build = factories.completed(owner)
    fork = forked(owner, build)
    told = list(RunEvent.objects.filter(run=fork.run).values_list("kind", "payload"))
    assert [kind for kind, _ in told] == ["build.submitted", "build.forked"]
    assert told[0][1]["parent"] == str(build.id)
    assert told[1][1] == {"parent": str(build.id), "attempt": 1}
    assert AuditLog.objects.get(action="build.forked", resource_id=str(fork.id)).details["attempt"] == 1


def test_a_build_that_still_runs_can_be_forked(owner: User) -> None:
    build, _claim = factories.running(owner)
    assert stored_tree(forked(owner, build).id, 0)["roman.py"] == factories.FIRST_CODE


def test_an_attempt_there_is_not_cannot_be_forked(owner: User) -> None:
    build = factories.completed(owner)
    with pytest.raises(AppError) as refused:
        forked(owner, build, attempt=7)
    assert list(refused.value.fields) == ["attempt"]
    assert Build.objects.count() == 1


def test_examples_are_taken_over_but_those_that_no_longer_hold(owner: User) -> None:
    build = factories.failed(owner, node="repair")
    assert base_of(forked(owner, build))["examples"] == [factories.EXAMPLE]
    assert base_of(forked(owner, build, outdated_examples=["to_roman(4)"]))["examples"] == []


def test_tests_that_a_repair_changed_are_known_to_have_seen_code(owner: User) -> None:
    build, claim = factories.running(owner)
    factories.save(build, claim, 2, {"roman.py": factories.CODE, "test_roman.py": "def test_nothing(): ...\n"})
    factories.save(build, claim, 3, {"roman.py": factories.CODE})
    found = [base_of(forked(owner, build, attempt=attempt)) for attempt in (1, 2, 3)]
    assert [(each["changed_tests"], each["lost_tests"]) for each in found] == [
        ([], False),
        (["test_roman.py"], False),
        ([], True),
    ]


def test_a_fork_of_a_fork_knows_what_was_asked_for_up_to_the_files_it_starts_from(owner: User) -> None:
    first = factories.failed(owner, node="repair")
    second, claim = factories.running(owner, requirements="unlike")
    begin_with(second.run, State(**{**lineage.first_state_of(second), "base": base_of(forked(owner, first))}))
    factories.save(second, claim, 0, stored_tree(first.id, 1))
    assert base_of(forked(owner, second))["requests"] == [first.requirements, "unlike"]
    start = base_of(forked(owner, second, attempt=0))
    assert (start["requests"], start["examples"]) == ([first.requirements], [factories.EXAMPLE])


def test_a_fork_that_is_retried_from_the_start_starts_from_the_same_files(owner: User) -> None:
    fork = services.cancel_build(user=owner, build=forked(owner, factories.completed(owner)))
    again = services.retry_build(user=owner, build=fork)
    assert stored_tree(again.id, 0) == stored_tree(fork.id, 0)
    assert base_of(again) == base_of(fork)


# -- what going on is -------------------------------------------------------------------------------------------------


def test_going_on_takes_over_the_attempts_and_is_told(owner: User) -> None:
    build = factories.failed(owner, node="repair")
    again = services.retry_build(user=owner, build=build, from_node="failed")
    assert stored_tree(again.id, 1) == stored_tree(build.id, 1)
    assert AuditLog.objects.get(action="build.continued", resource_id=str(again.id)).details["node"] == "repair"


@pytest.mark.parametrize("verification", ["verified", "partly", "unverified"])
def test_a_completed_build_has_no_failed_step(owner: User, verification: str) -> None:
    with pytest.raises(AppError, match=r"build\.not_failed") as refused:
        services.retry_build(
            user=owner, build=factories.completed(owner, verification=verification), from_node="failed"
        )
    assert refused.value.http_status == 409
    assert refused.value.hint


# -- the API ----------------------------------------------------------------------------------------------------------


def test_the_owner_retries_and_forks_by_api(owner: User) -> None:
    build, client = factories.failed(owner, node="repair"), client_of(owner)
    for act, body in (
        ("retry", {}),
        ("retry", {"from": "start"}),
        ("retry", {"from": "failed"}),
        ("fork", {"attempt": 1, "requirements": CHANGE}),
        ("fork", {"attempt": 1, "requirements": CHANGE, "project_name": "Zero", "model": "", "budget_usd": "1.5"}),
    ):
        answer = client.post(api(build, act), body, format="json")
        assert (act, body, answer.status_code) == (act, body, 201)
        assert answer.json()["parent"] == str(build.id)
        assert client.get(answer["Location"]).json()["id"] == answer.json()["id"]


@pytest.mark.parametrize(
    ("act", "body", "field"),
    [
        ("retry", {"from": "middle"}, "from"),
        ("retry", {"form": "start"}, "form"),
        ("fork", {"requirements": CHANGE}, "attempt"),
        ("fork", {"attempt": 1}, "requirements"),
        ("fork", {"attempt": 1, "requirements": " "}, "requirements"),
        ("fork", {"attempt": 9, "requirements": CHANGE}, "attempt"),
        ("fork", {"attempt": -1, "requirements": CHANGE}, "attempt"),
        ("fork", {"attempt": 1, "requirements": CHANGE, "model": "nobody:knows"}, "model"),
        ("fork", {"attempt": 1, "requirements": CHANGE, "language": "javascript"}, "language"),
    ],
)
def test_bad_input_is_named_and_nothing_is_stored(owner: User, act: str, body: dict[str, object], field: str) -> None:
    build = factories.failed(owner)
    answer = client_of(owner).post(api(build, act), body, format="json")
    assert (answer.status_code, list(answer.json()["error"]["fields"])) == (400, [field])
    assert Build.objects.count() == 1


def test_others_cannot_go_on_from_a_build(owner: User, stranger: User, operator: User, viewer: User) -> None:
    build = factories.failed(owner, node="repair")
    fork = {"attempt": 1, "requirements": CHANGE}
    for user, status in ((stranger, 404), (viewer, 404), (operator, 403), (None, 401)):
        for act, body in (("retry", {"from": "failed"}), ("fork", fork)):
            assert (user, client_of(user).post(api(build, act), body, format="json").status_code) == (user, status)
    assert Build.objects.count() == 1


def test_an_operator_may_submit_anothers_request_as_a_build_of_their_own(owner: User, operator: User) -> None:
    answer = client_of(operator).post(api(factories.failed(owner), "retry"), {"from": "start"}, format="json")
    assert (answer.status_code, answer.json()["owner"]) == (201, "operator")


def test_an_owner_who_may_only_read_by_now_forks_nothing(owner: User) -> None:
    build = factories.completed(owner)
    User.objects.filter(id=owner.id).update(role=Role.VIEWER)
    for act, body in (("retry", {}), ("fork", {"attempt": 1, "requirements": CHANGE})):
        assert client_of(User.objects.get()).post(api(build, act), body, format="json").status_code == 403
    assert Build.objects.count() == 1


def test_the_documents_of_the_api_know_both_doors(client: Client, owner: User) -> None:
    client.force_login(owner)
    paths = client.get("/api/v1/schema/?format=json").json()["paths"]
    bodies = {
        act: paths[f"/api/v1/builds/{{build_id}}/{act}/"]["post"]["requestBody"]["content"]["application/json"]
        for act in ("retry", "fork")
    }
    assert {act: body["schema"]["$ref"].rpartition("/")[2] for act, body in bodies.items()} == {
        "retry": "RetryRequest",
        "fork": "ForkRequest",
    }


# -- the pages --------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def shown(page: Client, build: Build) -> str:
    return page.get(build.get_absolute_url()).content.decode()


def test_a_failed_build_offers_to_go_on_only_where_that_makes_sense(page: Client, owner: User) -> None:
    assert "Retry from where it failed" in shown(page, factories.failed(owner, node="repair"))
    for build in (factories.failed(owner), factories.completed(owner)):
        assert "continue-button" not in shown(page, build)


def test_an_operator_is_not_offered_what_only_the_owner_may(client: Client, owner: User, operator: User) -> None:
    client.force_login(operator)
    text = shown(client, factories.failed(owner, node="repair"))
    assert "retry-button" in text
    assert "continue-button" not in text
    assert 'id="fork"' not in text


@pytest.mark.parametrize("begin", ["start", "failed"])
def test_pressing_retry_twice_is_one_retry(page: Client, owner: User, begin: str) -> None:
    build = factories.failed(owner, node="repair")
    token = page.get(build.get_absolute_url()).context["token"]
    answers = [page.post(f"{build.get_absolute_url()}retry/", {"token": token, "from": begin}) for _ in range(2)]
    again = Build.objects.get(parent=build)
    assert [answer.headers["Location"] for answer in answers] == [again.get_absolute_url()] * 2
    assert (stored_tree(again.id, 1) != {}) is (begin == "failed")


def test_the_fork_form_knows_the_attempt_and_the_examples(page: Client, owner: User) -> None:
    build = factories.failed(owner, node="repair")
    text = page.get(f"{build.get_absolute_url()}fork/?attempt=1").content.decode()
    assert '<option value="1" selected>attempt 1</option>' in text
    assert "to_roman(4) → &#x27;IV&#x27;" in text


def test_the_fork_form_leads_to_one_new_build_however_often_it_is_sent(page: Client, owner: User) -> None:
    build = factories.failed(owner, node="repair")
    address = f"{build.get_absolute_url()}fork/"
    token = page.get(address).context["form"].initial["token"]
    sent = {"token": token, "requirements": CHANGE, "attempt": "1", "outdated": ["to_roman(4)"]}
    answers = [page.post(address, sent) for _ in range(2)]
    fork = Build.objects.get(parent=build)
    assert [answer.headers["Location"] for answer in answers] == [fork.get_absolute_url()] * 2
    assert (fork.requirements, base_of(fork)["examples"]) == (CHANGE, [])


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"requirements": ""}, "Say what is to be built."),
        ({"attempt": "9"}, "9 is not one of the available choices"),
        ({"model": "nobody:knows"}, "Give provider:name"),
        ({"outdated": ["nothing()"]}, "nothing() is not one of the available choices"),
    ],
)
def test_what_cannot_be_used_is_said_beside_the_field_and_no_input_is_lost(
    page: Client, owner: User, wrong: dict[str, object], said: str
) -> None:
    build = factories.completed(owner)
    sent = {"requirements": CHANGE, "attempt": "1", "project_name": "Zero and more"} | wrong
    answer = page.post(f"{build.get_absolute_url()}fork/", sent)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert "Zero and more" in answer.content.decode()
    assert Build.objects.count() == 1


def test_the_fork_page_is_for_the_owner(client: Client, owner: User, stranger: User, operator: User) -> None:
    address = f"{factories.completed(owner).get_absolute_url()}fork/"
    for user, status in ((owner, 200), (operator, 403), (stranger, 404)):
        client.force_login(user)
        assert (user.username, client.get(address).status_code) == (user.username, status)


def test_a_build_without_files_leads_back_with_a_reason(page: Client, owner: User) -> None:
    build = factories.submitted(owner)
    answer = page.get(f"{build.get_absolute_url()}fork/", follow=True)
    assert "there is nothing to continue from" in answer.content.decode()


def test_parents_and_children_are_linked(page: Client, owner: User) -> None:
    build = factories.completed(owner)
    fork = forked(owner, build, project_name="Zero")
    again = services.retry_build(user=owner, build=build)
    assert build.get_absolute_url() in shown(page, fork)
    assert "continues from attempt 1 of" in shown(page, fork)
    assert "retry of" in shown(page, again)
    text = shown(page, build)
    assert fork.get_absolute_url() in text
    assert again.get_absolute_url() in text


def test_a_forks_changes_are_compared_with_where_it_began(page: Client, owner: User) -> None:
    text = shown(page, forked(owner, factories.completed(owner)))
    assert "attempt 0 (where it began)" in text
    assert "nothing</option>" not in text


def test_what_is_to_come_begins_where_the_build_goes_on(page: Client, owner: User) -> None:
    build = factories.failed(owner, node="repair")
    again = services.retry_build(user=owner, build=build, from_node="failed")
    steps = page.get(again.get_absolute_url()).context["page"].steps
    assert [step.node for step in steps] == ["repair", "test", "review", "finalise"]
