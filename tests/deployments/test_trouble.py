"""What else can go wrong: sandboxes, gits and accounts that go away; clones that want too much."""

import gzip
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agentsite.accounts import closing, keys
from agentsite.accounts.models import User
from agentsite.common.ids import uuid7
from builds import export, housekeeping
from builds.agent.errors import AgentError
from builds.deployments import services, serving
from builds.deployments.repository import Repository, folder_of, is_branch
from builds.models.deployment import Deployment, DeploymentTarget
from builds.models.evidence import Evidence
from builds.models.run import Run
from tests import factories
from tests.deployments.worlds import PASSED, deployed, in_repository, kinds, worked

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_sandbox_that_breaks_after_the_move_puts_the_branch_back(deployer: User, target: DeploymentTarget) -> None:
    first = deployed(deployer, factories.completed(deployer), target)
    second = deployed(deployer, factories.completed(deployer), target, [PASSED, AgentError("sandbox.start_failed")])
    assert (second.status, second.error_code) == ("rolled_back", "sandbox.start_failed")
    assert f"main is at {first.git_sha[:10]}" in second.report_text
    assert in_repository(folder_of(target.id), "rev-parse", "main") == first.git_sha


def test_one_that_breaks_before_fails(deployer: User, target: DeploymentTarget) -> None:
    done = deployed(deployer, factories.completed(deployer), target, [AgentError("sandbox.start_failed")])
    assert (done.status, done.error_code) == ("failed", "sandbox.start_failed")
    assert "was not moved" in done.report_text
    again = worked(services.retry(user=deployer, deployment=done))
    assert again.status == "healthy"


def test_a_server_without_git_says_so(deployer: User, target: DeploymentTarget, monkeypatch: Any) -> None:
    monkeypatch.setattr("builds.deployments.git._PATH", "/nonexistent")
    done = deployed(deployer, factories.completed(deployer), target)
    assert (done.status, done.error_code) == ("failed", "deployment.git_missing")


def test_locks_of_a_killed_git_hold_nobody_up(deployer: User, target: DeploymentTarget) -> None:
    deployed(deployer, factories.completed(deployer), target)
    (folder_of(target.id) / "refs" / "heads" / "main.lock").write_text("")
    assert deployed(deployer, factories.completed(deployer), target).status == "healthy"


def test_hooks_and_settings_of_others_are_not_read(
    deployer: User, target: DeploymentTarget, data_dir: Path, monkeypatch: Any
) -> None:
    deployed(deployer, factories.completed(deployer), target)
    hook = folder_of(target.id) / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {data_dir}/hooked\n")
    hook.chmod(0o755)
    monkeypatch.setenv("GIT_DIR", "/nonexistent")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(data_dir / "nonsense"))
    (data_dir / "nonsense").write_text("[nonsense")
    assert deployed(deployer, factories.completed(deployer), target).status == "healthy"
    assert not (data_dir / "hooked").exists()


def test_an_account_that_is_closed_takes_its_repositories_along(deployer: User, target: DeploymentTarget) -> None:
    deployed(deployer, factories.completed(deployer), target)
    closing.close_account(user=deployer, typed_name=deployer.username)
    assert not folder_of(target.id).exists()
    assert not Deployment.objects.exists()
    assert not Run.objects.exists()


def test_the_export_has_targets_without_their_secrets(deployer: User, tmp_path: Path) -> None:
    from tests.deployments.worlds import target_of

    target_of(deployer, "there", remote_url="https://example.org/x.git", credential="tok-123")
    with (tmp_path / "mine.zip").open("w+b") as file:
        export.write_export(deployer, file)
    told = subprocess.run(["unzip", "-p", tmp_path / "mine.zip"], capture_output=True, check=True).stdout
    assert b"https://example.org/x.git" in told
    assert b"tok-123" not in told
    assert b"credential" not in told


def test_one_that_was_cancelled_in_the_middle_is_not_deployed(deployer: User, target: DeploymentTarget) -> None:
    asked = services.deploy(user=deployer, build=factories.completed(deployer), target=target)

    def cancelling(_tree: object) -> Any:
        services.cancel(user=deployer, deployment=asked)
        return PASSED

    done = worked(asked, cancelling)
    assert (done.status, done.run.state, done.error_code) == ("failed", "cancelled", "deployment.cancelled")
    assert kinds(done)[-2:] == ["deployment.tested", "deployment.cancelled"] or "cancel.requested" in kinds(done)
    assert in_repository(folder_of(target.id), "for-each-ref", "refs/heads") == ""


def test_branches_have_names_that_git_knows() -> None:
    assert all(map(is_branch, ["main", "release/1.0", "a-b_c"]))
    bad = ["", "-x", "a..b", "/a", "a/", "a.lock", "a//b", ".a", "a/.b", "a b", "a~b", "a^", "a:b", "é", "a\n", "a."]
    assert [name for name in bad if is_branch(name)] == []


@pytest.fixture
def program(deployer: User, target: DeploymentTarget) -> Client:
    deployed(deployer, factories.completed(deployer), target)
    secret = keys.create_api_key(user=deployer, name="clones", scopes=["builds:read"]).secret
    return Client(headers={"Authorization": f"Bearer {secret}"})


def test_requests_that_are_too_large_are_refused(program: Client, target: DeploymentTarget) -> None:
    path = f"/git/{target.id}.git/git-upload-pack"
    for body in (gzip.compress(b"0" * (8 << 20)), b"\x1f\x8bno", gzip.compress(b"x")[:-4]):
        answer = program.post(path, body, content_type="x/y", headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 400
    assert program.post(path, b"x", content_type="x/y", headers={"Content-Encoding": "br"}).status_code == 400


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume")  # the test client is no ASGI server
def test_a_clone_that_finds_no_place_is_asked_to_come_again(
    program: Client, target: DeploymentTarget, monkeypatch: Any
) -> None:
    path = f"/git/{target.id}.git/info/refs?service=git-upload-pack"
    held = [serving.Serving(folder_of(target.id), "", None) for _ in range(serving.SIDE_BY_SIDE)]
    assert program.get(path).status_code == 503
    for each in held:
        each.close()
    for _ in range(2 * serving.SIDE_BY_SIDE):
        answer = program.get(path)
        assert answer.status_code == 200
        answer.close()
    told = b"".join(program.get(path)).decode()
    assert told.startswith("001e# service=git-upload-pack")
    assert "refs/heads/main" in told
    assert "refs/agentsite" not in told


def test_what_a_web_process_could_not_remove_is_tidied_away(deployer: User, target: DeploymentTarget) -> None:
    deployed(deployer, factories.completed(deployer), target)
    gone, fresh = uuid7(), uuid7()
    for each in (gone, fresh):
        Repository(folder_of(each)).prepare("main")
    for each in (gone, target.id):
        os.utime(folder_of(each), (1_000_000, 1_000_000))
    assert housekeeping.tidy()["repositories"] == 1
    assert [folder_of(each).is_dir() for each in (gone, fresh, target.id)] == [False, True, True]


def test_files_that_are_not_those_that_were_proved_are_not_deployed(deployer: User, target: DeploymentTarget) -> None:
    build = factories.completed(deployer)
    Evidence.objects.filter(build=build).delete()
    Evidence.objects.create(build=build, kind="clean_run", passed=True, tree_hash="0" * 64, report={}, tools={})
    done = deployed(deployer, build, target)
    assert (done.status, done.error_code) == ("failed", "deployment.files_changed")
