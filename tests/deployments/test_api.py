"""Deployments over the API: asked for once, followed, compared, and only of one's own."""

import pytest
from django.test import Client

from agentsite.accounts.models import User
from builds.models.deployment import Deployment, DeploymentTarget
from tests import factories
from tests.deployments.worlds import deployed, target_of, worked
from tests.talking.programs import program_of, refusal, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]


@pytest.fixture
def program(deployer: User) -> Client:
    return program_of(deployer)


def test_the_same_post_sent_twice_is_one_deployment(program: Client, deployer: User, target: DeploymentTarget) -> None:
    wanted = {"build": str(factories.completed(deployer).id), "target": str(target.id)}
    key = {"Idempotency-Key": "once"}
    answers = [
        program.post("/api/v1/deployments/", wanted, content_type="application/json", headers=key) for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["id"] == answers[1].json()["id"]
    deployment = Deployment.objects.get()
    worked(deployment)
    shown = sent(program, "get", f"/deployments/{deployment.id}/").json()
    assert (shown["status"], shown["run_state"], shown["kind"]) == ("healthy", "completed", "deploy")
    events = sent(program, "get", f"/deployments/{deployment.id}/events/?after=2").json()
    assert [event["seq"] for event in events["events"]] == list(range(3, events["last_seq"] + 1))


def test_others_builds_and_targets_are_not_there(program: Client, deployer: User, stranger: User) -> None:
    theirs = {"build": str(factories.completed(stranger).id), "target": str(target_of(stranger).id)}
    answer = sent(program, "post", "/deployments/", theirs)
    assert (answer.status_code, set(answer.json()["error"]["fields"])) == (400, {"build", "target"})
    assert refusal(sent(program, "get", f"/targets/{theirs['target']}/"))[0] == 404
    assert sent(program, "get", "/deployments/").json()["results"] == []
    assert sent(program, "get", "/targets/").json() == []


def test_two_deployments_are_compared(program: Client, deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer), target)
    alone = sent(program, "get", f"/deployments/{first.id}/diff/").json()
    assert (alone["before"], [file["path"] for file in alone["files"]]) == (
        None,
        ["README.md", "roman.py", "test_roman.py"],
    )
    since = sent(program, "get", f"/deployments/{second.id}/diff/").json()
    assert (since["before"], since["files"]) == (str(first.id), [])
    again = sent(program, "get", f"/deployments/{first.id}/diff/?against={second.id}").json()
    assert (again["before"], again["after"]) == (str(second.id), str(first.id))
    assert sent(program, "get", f"/deployments/{first.id}/diff/?against=x").status_code == 400


def test_a_target_goes_through_its_life(program: Client, deployer: User) -> None:
    made = sent(program, "post", "/targets/", {"name": "staging", "branch": "release/1"})
    assert (made.status_code, made.json()["clone_path"]) == (201, f"/git/{made.json()['id']}.git")
    where = f"/targets/{made.json()['id']}/"
    assert sent(program, "patch", where, {"name": "stage"}).json()["name"] == "stage"
    assert sent(program, "patch", where, {"is_archived": True}).json()["archived_at"]
    assert refusal(sent(program, "patch", where, {"remote_url": "https://example.org/x.git"}))[0] == 400
    assert sent(program, "post", "/targets/", {"name": "stage"}).status_code == 400
    assert sent(program, "delete", where).status_code == 204
    assert not DeploymentTarget.objects.exists()
