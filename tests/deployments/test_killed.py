"""A worker that is killed at each stage: another one goes on, repeats nothing that was stored, and ends it once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from agentsite.accounts.models import User
from audit.models import AuditLog
from builds.deployments import services
from builds.deployments.repository import folder_of
from builds.models.deployment import Deployment, DeploymentTarget
from builds.models.evidence import Evidence, EvidenceKind
from builds.runs.claim import release_dead
from tests import factories
from tests.composition import ROOT
from tests.deployments.test_deploying import WHOLE
from tests.deployments.worlds import deployed, fresh, in_repository, kinds, target_of
from tests.stand_ins.git_remote import PASSWORD, USER, GitRemote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
LOCAL = [
    "event deployment.started 1",
    *("before fast-import 1", "after fast-import 1", "event deployment.committed 1", "event deployment.testing 1"),
    *("before fetch 1", "tests 1", "event deployment.tested 1", "event deployment.deploying 1"),
    *("before update-ref 1", "after update-ref 1", "event deployment.moved 1"),
    *("before fetch 2", "tests 2", "event deployment.tested 2", "event deployment.healthy 1"),
]
UNHEALTHY = [
    *("event deployment.tested 2", "before update-ref 2", "after update-ref 2", "event deployment.put_back 1"),
    "event deployment.rolled_back 1",
]
REMOTE = ["before push 1", "after push 1", "event deployment.moved 1", "event deployment.tested 2"]


def work(deployment: Deployment, folder: Path, outcomes: str, point: str) -> int:
    """Let a process work on a deployment, and die at a point; return how it ended."""
    name = str(connection.settings_dict["NAME"])
    given = [name, str(folder), str(deployment.run_id), outcomes, point]
    done = subprocess.run([sys.executable, "-m", "tests.deployments.dying", *given], cwd=ROOT, check=False, timeout=120)
    return done.returncode


def runs_of_tests(folder: Path) -> int:
    return (folder / "log").read_text().count("tests")


def assert_killed_and_taken_over(deployment: Deployment, folder: Path, outcomes: str, point: str) -> Deployment:
    assert work(deployment, folder, outcomes, point) == -9, point
    before = runs_of_tests(folder) if (folder / "log").exists() else 0
    stored = kinds(deployment).count("deployment.tested")
    assert release_dead() == 1
    assert work(deployment, folder, outcomes[stored:], "nowhere") == 0
    assert runs_of_tests(folder) == before + 2 - stored
    done = fresh(deployment)
    told = [kind for kind in kinds(done) if kind != "deployment.resumed"]
    assert len(told) == len(set(told)) + 1  # the tests of two checkouts, and everything else once
    assert Evidence.objects.filter(build=done.build, kind=EvidenceKind.DEPLOYMENT).count() == 2
    ends = AuditLog.objects.filter(resource_id=str(done.id), action=f"deployment.{done.status}")
    assert ends.count() == 1
    return done


def assert_goes_on(deployer: User, target: DeploymentTarget, folder: Path, point: str) -> None:
    asked = services.deploy(user=deployer, build=factories.completed(deployer), target=target)
    done = assert_killed_and_taken_over(asked, folder, "pp", point)
    assert done.status == "healthy", done.report_text
    assert [kind for kind in kinds(done) if kind != "deployment.resumed"] == WHOLE
    repository = folder_of(target.id)
    assert in_repository(repository, "rev-list", "main").split() == [done.git_sha]
    assert in_repository(repository, "fsck", "--strict") == ""
    assert not list(repository.rglob("*.lock"))
    left = folder / "repositories" / "checkouts"
    assert list(left.iterdir()) == []


def test_a_worker_that_is_killed_once_the_branch_has_moved(
    deployer: User, target: DeploymentTarget, data_dir: Path
) -> None:
    assert_goes_on(deployer, target, data_dir, "after update-ref 1")


@pytest.mark.thorough
@pytest.mark.parametrize("point", LOCAL)
def test_a_worker_that_is_killed_anywhere(point: str, deployer: User, target: DeploymentTarget, data_dir: Path) -> None:
    assert_goes_on(deployer, target, data_dir, point)


@pytest.mark.thorough
@pytest.mark.parametrize("point", UNHEALTHY)
def test_a_worker_that_is_killed_while_the_branch_goes_back(
    point: str, deployer: User, target: DeploymentTarget, data_dir: Path
) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    asked = services.deploy(user=deployer, build=factories.completed(deployer), target=target)
    done = assert_killed_and_taken_over(asked, data_dir, "pf", point)
    assert (done.status, done.error_code) == ("rolled_back", "deployment.not_healthy")
    assert in_repository(folder_of(target.id), "rev-parse", "main") == first.git_sha


@pytest.fixture
def remote(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[GitRemote]:
    with GitRemote(tmp_path / "elsewhere") as remote:
        settings.DEPLOYMENT_ALLOWED_HOSTS = [f"127.0.0.1:{remote.port}"]
        monkeypatch.setitem(os.environ, "DEPLOYMENT_ALLOWED_HOSTS", f"127.0.0.1:{remote.port}")
        yield remote


@pytest.mark.thorough
@pytest.mark.parametrize("point", REMOTE)
def test_a_worker_that_is_killed_around_its_push(point: str, deployer: User, remote: GitRemote, data_dir: Path) -> None:
    target = target_of(deployer, "elsewhere", remote_url=remote.url, username=USER, credential=PASSWORD)
    asked = services.deploy(user=deployer, build=factories.completed(deployer), target=target)
    done = assert_killed_and_taken_over(asked, data_dir, "pp", point)
    assert (done.status, remote.head()) == ("healthy", done.git_sha)
    pushes = [line for line in remote.asked if line.startswith('"POST /project.git/git-receive-pack')]
    assert len(pushes) == 1
