"""Deployments of one target are worked on one after the other, in order, however many workers there are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.db import connection

from agentsite.accounts.models import User
from builds.deployments import services
from builds.deployments.repository import folder_of
from builds.models.deployment import Deployment, DeploymentTarget
from builds.runner import run_next
from builds.runs.claim import claim_next
from tests import factories
from tests.composition import ROOT
from tests.deployments.worlds import in_repository, kinds, target_of, worked

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_second_one_waits_for_the_first(deployer: User, target: DeploymentTarget) -> None:
    first, second = (
        services.deploy(user=deployer, build=factories.completed(deployer), target=target) for _ in range(2)
    )
    elsewhere = services.deploy(user=deployer, build=factories.completed(deployer), target=target_of(deployer, "other"))
    assert run_next(run_id=second.run_id) is None
    assert claim_next("somebody", run_id=first.run_id) is not None
    assert run_next(run_id=second.run_id) is None
    assert worked(elsewhere).status == "healthy"


@pytest.mark.services
def test_of_four_workers_each_takes_the_next_one(deployer: User, target: DeploymentTarget, data_dir: Path) -> None:
    builds = [factories.completed(deployer, name=f"Numerals {number}") for number in range(6)]
    for build in builds:
        services.deploy(user=deployer, build=build, target=target)
    command = [sys.executable, "-m", "tests.deployments.dying", str(connection.settings_dict["NAME"]), str(data_dir)]
    workers = [subprocess.Popen([*command, "any", "", "nowhere"], cwd=ROOT, env=os.environ) for _ in range(4)]
    assert [worker.wait(timeout=180) for worker in workers] == [0] * 4
    done = list(Deployment.objects.select_related("run").order_by("id"))
    assert [each.status for each in done] == ["healthy"] * 6
    assert [each.previous_sha for each in done] == ["", *(each.git_sha for each in done[:-1])]
    assert all("deployment.resumed" not in kinds(each) for each in done)
    history = in_repository(folder_of(target.id), "rev-list", "--reverse", "main").split()
    assert history == [each.git_sha for each in done]
