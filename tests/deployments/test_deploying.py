"""A verified build on a branch: what is put there, what is tested, and what becomes of one whose tests fail."""

import json

import pytest

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from builds.agent.values import TestReport, Tree
from builds.deployments import services
from builds.deployments.repository import Repository, folder_of
from builds.models.deployment import DeploymentTarget
from builds.models.evidence import Evidence, EvidenceKind
from builds.states import State
from tests import factories
from tests.deployments.worlds import FAILED, PASSED, deployed, in_repository, kinds, worked

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
WHOLE = [
    "deployment.submitted",
    "deployment.started",
    "deployment.committed",
    "deployment.testing",
    "deployment.tested",
    "deployment.deploying",
    "deployment.moved",
    "deployment.tested",
    "deployment.healthy",
]


def test_a_verified_build_is_put_onto_the_branch(deployer: User, target: DeploymentTarget) -> None:
    build = factories.completed(deployer)
    done = deployed(deployer, build, target)
    assert (done.status, done.run.state, done.error_code) == ("healthy", State.COMPLETED, "")
    assert kinds(done) == WHOLE
    target.refresh_from_db()
    folder = folder_of(target.id)
    assert in_repository(folder, "rev-parse", "refs/heads/main") == done.git_sha == target.healthy_sha
    names = in_repository(folder, "ls-tree", "-r", "--name-only", "main").split()
    assert names == ["README.md", "evidence.json", "roman.py", "test_roman.py"]
    assert in_repository(folder, "show", "main:roman.py") == factories.CODE.strip()
    assert json.loads(in_repository(folder, "show", "main:evidence.json"))["build"] == str(build.id)


def test_its_commit_says_what_was_proved_and_who_wanted_it(deployer: User, target: DeploymentTarget) -> None:
    build = factories.completed(deployer)
    done = deployed(deployer, build, target)
    message = in_repository(folder_of(target.id), "log", "-1", "--format=%an%n%B", "main")
    for part in ("Agentsite", "Roman numerals", str(build.id), "verified", done.tree_hash, "sensitivity: held"):
        assert part in message
    assert "Asked for by: owner" in message
    kept = Evidence.objects.filter(build=build, kind=EvidenceKind.DEPLOYMENT).order_by("id")
    assert [(row.passed, row.report["stage"], row.report["sha"]) for row in kept] == [
        (True, "testing", done.git_sha),
        (True, "healthy", done.git_sha),
    ]


def test_its_report_speaks_the_language_of_its_owner(deployer: User, target: DeploymentTarget) -> None:
    User.objects.filter(pk=deployer.pk).update(language="ru")
    done = deployed(deployer, factories.completed(deployer), target)
    assert f"Коммит: {done.git_sha}" in done.report_text


def test_the_second_one_comes_on_top_of_the_first(deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer, name="Numerals"), target)
    assert (second.status, second.previous_sha) == ("healthy", first.git_sha)
    assert in_repository(folder_of(target.id), "rev-list", "main").split() == [second.git_sha, first.git_sha]


def test_failing_tests_leave_the_branch_where_it_is(deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer), target, [FAILED])
    assert (second.status, second.error_code) == ("rolled_back", "deployment.tests_failed")
    assert second.run.state == State.FAILED
    assert "t::a" in second.report_text
    assert f"main is at {first.git_sha[:10]}" in second.report_text
    assert in_repository(folder_of(target.id), "rev-parse", "main") == first.git_sha
    target.refresh_from_db()
    assert target.healthy_sha == first.git_sha


def test_a_branch_that_is_not_healthy_goes_back(deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer), target, [PASSED, FAILED])
    assert (second.status, second.error_code) == ("rolled_back", "deployment.not_healthy")
    assert kinds(second)[-3:] == ["deployment.tested", "deployment.put_back", "deployment.rolled_back"]
    assert in_repository(folder_of(target.id), "rev-parse", "main") == first.git_sha


def test_the_first_one_that_is_not_healthy_leaves_no_branch(deployer: User, target: DeploymentTarget) -> None:
    done = deployed(deployer, factories.completed(deployer), target, [PASSED, FAILED])
    assert (done.status, done.previous_sha) == ("rolled_back", "")
    assert Repository(folder_of(target.id)).head("main") == ""
    assert "There is no branch main" in done.report_text


def test_going_back_is_a_deployment_of_its_own(deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer, name="Numerals"), target)
    back = worked(services.roll_back(user=deployer, target=target, to=first))
    assert (back.status, back.kind, back.previous_sha) == ("healthy", "rollback", second.git_sha)
    folder = folder_of(target.id)
    assert in_repository(folder, "rev-parse", "main") == back.git_sha
    assert in_repository(folder, "diff", "--stat", first.git_sha, "main") == ""
    assert f"Restores: {first.git_sha}" in in_repository(folder, "log", "-1", "--format=%B", "main")


def test_only_a_build_of_which_all_was_proved_is_deployed(deployer: User, target: DeploymentTarget) -> None:
    for build in (factories.completed(deployer, verification="partly"), factories.failed(deployer)):
        with pytest.raises(AppError) as refused:
            services.deploy(user=deployer, build=build, target=target)
        assert refused.value.code == "deployment.not_verified"


def test_a_branch_that_somebody_moved_meanwhile_is_left_alone(deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer, name="Numerals"), target)
    folder = folder_of(target.id)

    def moving(_tree: Tree) -> TestReport:
        in_repository(folder, "update-ref", "refs/heads/main", first.git_sha)
        return PASSED

    third = deployed(deployer, factories.completed(deployer), target, moving)
    assert third.previous_sha == second.git_sha
    assert (third.status, third.error_code) == ("failed", "deployment.branch_moved")
    assert first.git_sha[:10] in third.error_message
    assert in_repository(folder, "rev-parse", "main") == first.git_sha
