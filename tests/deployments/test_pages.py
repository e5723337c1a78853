"""The pages about deployments: made by clicking, shown as they stand, and each press counts once."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from agentsite.accounts.models import User
from builds.models.approval import Approval
from builds.models.deployment import Deployment, DeploymentTarget
from tests import factories
from tests.deployments.worlds import FAILED, deployed, worked

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def token(page: Client, address: str) -> str:
    found = re.search(r'name="token" value="([0-9a-f]+)"', page.get(address).content.decode())
    assert found is not None
    return found[1]


def test_from_a_target_to_a_healthy_branch_by_clicking(page: Client, owner: User) -> None:
    assert "Nothing was deployed yet" in page.get(reverse("builds:deployments")).content.decode()
    made = page.post(reverse("builds:deployments"), {"name": "production", "branch": "main"}, follow=True)
    assert "git clone http://testserver/git/" in made.content.decode()
    build, target = factories.completed(owner), DeploymentTarget.objects.get()
    assert "Deploy…" in page.get(build.get_absolute_url()).content.decode()
    address = reverse("builds:deploy", args=[build.id])
    form = {"target": str(target.id), "token": token(page, address)}
    first, second = (page.post(address, form) for _ in range(2))
    assert first["Location"] == second["Location"]
    deployment = Deployment.objects.get()
    asked = page.get(deployment.get_absolute_url()).content.decode()
    assert "It waits for your yes" in asked
    assert "every 2s" in asked
    inbox = page.get(reverse("builds:approvals")).content.decode()
    assert "Deploy “Roman numerals” to the branch main of production?" in inbox
    approval = Approval.objects.get()
    answer = reverse("builds:answer_approval", args=[approval.id])
    said = page.post(answer, {"decision": "approve", "project_name": "x", "requirements": "y"}, follow=True)
    assert "Approved" in said.content.decode()
    assert worked(deployment).status == "healthy"
    shown = page.get(deployment.get_absolute_url()).content.decode()
    for part in ("healthy", "its tests passed in a fresh checkout", "to_roman", "+"):
        assert part in shown
    assert "every 2s" not in shown
    assert "evidence.json" not in shown


def test_one_that_was_rolled_back_says_why_and_can_be_tried_again(
    page: Client, deployer: User, target: DeploymentTarget
) -> None:
    done = deployed(deployer, factories.completed(deployer), target, [FAILED])
    shown = page.get(done.get_absolute_url()).content.decode()
    for part in ("rolled back", "The tests failed in a fresh checkout of the commit", "t::a", "Deploy again"):
        assert part in shown
    retry = reverse("builds:retry_deployment", args=[done.id])
    form = {"token": token(page, done.get_absolute_url())}
    assert len({page.post(retry, form)["Location"] for _ in range(2)}) == 1
    assert Deployment.objects.count() == 2


def test_a_branch_goes_back_by_a_press(page: Client, deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    deployed(deployer, factories.completed(deployer, name="Numerals"), target)
    shown = page.get(first.get_absolute_url()).content.decode()
    assert f"Roll “production” back to {first.git_sha[:10]}?" in shown
    page.post(reverse("builds:roll_back", args=[first.id]), {"token": token(page, first.get_absolute_url())})
    back = worked(Deployment.objects.get(kind="rollback"))
    assert back.status == "healthy"
    history = page.get(target.get_absolute_url()).content.decode()
    assert history.count("the branch is here") == 1


def test_a_credential_is_never_shown(page: Client, owner: User, settings: object) -> None:
    form = {"name": "there", "branch": "main", "remote_url": "https://example.org/x.git", "credential": "tok-123"}
    made = page.post(reverse("builds:deployments"), form, follow=True).content.decode()
    assert "kept, encrypted" in made
    assert "tok-123" not in made
    target = DeploymentTarget.objects.get()
    assert "tok-123" not in target.credential_encrypted
    page.post(target.get_absolute_url(), {"name": "there", "remote_url": target.remote_url})
    target.refresh_from_db()
    assert target.has_credential
    page.post(target.get_absolute_url(), {"name": "there", "remote_url": target.remote_url, "forget": "on"})
    target.refresh_from_db()
    assert not target.has_credential


def test_a_form_that_cant_be_used_comes_back_with_its_words(page: Client) -> None:
    form = {"name": "a b", "branch": "../x", "remote_url": "http://127.0.0.1/x"}
    answer = page.post(reverse("builds:deployments"), form)
    assert answer.status_code == 400
    assert "a b" in answer.content.decode()
    assert not DeploymentTarget.objects.exists()


def test_a_target_that_is_deleted_takes_its_repository_along(
    page: Client, deployer: User, target: DeploymentTarget
) -> None:
    from builds.deployments.repository import folder_of

    deployed(deployer, factories.completed(deployer), target)
    assert folder_of(target.id).is_dir()
    page.post(reverse("builds:delete_target", args=[target.id]))
    assert not folder_of(target.id).exists()
    assert not Deployment.objects.exists()
