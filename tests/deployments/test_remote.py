"""A branch elsewhere: pushed to with a credential that nobody sees, waited for, refused, and tried again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agentsite.accounts.models import User
from agentsite.common.errors import AppError
from audit.models import AuditLog
from builds.deployments import services, targets
from builds.models.deployment import DeploymentTarget
from builds.models.run import Effect, Run, RunEvent
from tests import factories
from tests.deployments.worlds import FAILED, PASSED, deployed, git, kinds, target_of, worked
from tests.stand_ins.git_remote import PASSWORD, USER, GitRemote

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine_in_part]


@pytest.fixture
def remote(tmp_path: Path, settings: Any) -> Iterator[GitRemote]:
    with GitRemote(tmp_path / "elsewhere") as remote:
        settings.DEPLOYMENT_ALLOWED_HOSTS = [f"127.0.0.1:{remote.port}"]
        yield remote


@pytest.fixture
def there(deployer: User, remote: GitRemote) -> DeploymentTarget:
    return target_of(deployer, "elsewhere", remote_url=remote.url, username=USER, credential=PASSWORD)


def test_a_build_is_pushed(deployer: User, there: DeploymentTarget, remote: GitRemote) -> None:
    first = deployed(deployer, factories.completed(deployer), there)
    assert (first.status, remote.head()) == ("healthy", first.git_sha), first.report_text
    second = deployed(deployer, factories.completed(deployer, name="Numerals"), there)
    assert (second.status, second.previous_sha, remote.head()) == ("healthy", first.git_sha, second.git_sha)


def test_the_credential_is_nowhere(deployer: User, there: DeploymentTarget, remote: GitRemote, caplog: Any) -> None:
    deployed(deployer, factories.completed(deployer), there)
    remote.mode = "refuse"
    refused = deployed(deployer, factories.completed(deployer), there)
    assert (refused.status, refused.error_code) == ("failed", "deployment.remote_refused")
    kept = [str(list(table.objects.values())) for table in (RunEvent, Effect, AuditLog, DeploymentTarget)]
    for text in [*kept, refused.report_text, caplog.text, *remote.asked]:
        assert PASSWORD not in text


def test_a_commit_of_somebody_else_is_kept_below(deployer: User, there: DeploymentTarget, remote: GitRemote) -> None:
    first = deployed(deployer, factories.completed(deployer), there)
    tree = git("--git-dir", remote.folder, "rev-parse", "main^{tree}")
    identity = ["-c", "user.name=a", "-c", "user.email=a@b"]
    other = git(*identity, "--git-dir", remote.folder, "commit-tree", "-p", first.git_sha, "-m", "x", tree)
    git("--git-dir", remote.folder, "update-ref", "refs/heads/main", other)
    second = deployed(deployer, factories.completed(deployer), there)
    assert (second.status, second.previous_sha) == ("healthy", other)


def test_a_branch_that_is_not_healthy_goes_back_there(
    deployer: User, there: DeploymentTarget, remote: GitRemote
) -> None:
    first = deployed(deployer, factories.completed(deployer), there)
    second = deployed(deployer, factories.completed(deployer), there, [PASSED, FAILED])
    assert (second.status, remote.head()) == ("rolled_back", first.git_sha)


def test_a_remote_that_is_away_is_waited_for(deployer: User, there: DeploymentTarget, remote: GitRemote) -> None:
    remote.mode = "fail"
    asked = services.deploy(user=deployer, build=factories.completed(deployer), target=there)
    waiting = worked(asked)
    assert (waiting.run.state, kinds(waiting)[-1]) == ("waiting", "deployment.waiting")
    remote.mode = "serve"
    Run.objects.filter(id=asked.run_id).update(next_attempt_at=asked.created_at)
    assert worked(asked).status == "healthy"


def test_one_that_stays_away_fails_and_can_be_tried_again(
    deployer: User, there: DeploymentTarget, remote: GitRemote, settings: Any
) -> None:
    settings.DEPLOYMENT_WAIT_SECONDS = 0
    remote.mode = "fail"
    failed = deployed(deployer, factories.completed(deployer), there)
    assert (failed.status, failed.error_code) == ("failed", "deployment.remote_away")
    assert "was not moved" in failed.report_text
    remote.mode = "serve"
    again = worked(services.retry(user=deployer, deployment=failed))
    assert (again.status, again.build_id) == ("healthy", failed.build_id)


def test_one_that_vanishes_after_the_push_leaves_a_clear_state(
    deployer: User, there: DeploymentTarget, remote: GitRemote, settings: Any
) -> None:
    settings.DEPLOYMENT_WAIT_SECONDS = 0
    asked = services.deploy(user=deployer, build=factories.completed(deployer), target=there)
    remote.fails_after = "POST /project.git/git-receive-pack"
    done = worked(asked)
    assert (done.status, done.error_code) == ("failed", "deployment.remote_away")
    assert "Nobody could be asked where main is" in done.report_text


def test_a_redirect_is_not_followed(deployer: User, there: DeploymentTarget, remote: GitRemote) -> None:
    remote.mode = "redirect"
    failed = deployed(deployer, factories.completed(deployer), there)
    assert (failed.status, failed.error_code) == ("failed", "deployment.remote_refused")
    assert not any("other.git" in line for line in remote.asked)


@pytest.mark.parametrize(
    "url",
    [
        *("file:///etc", "ext::sh -c true", "ssh://host/x.git", "git://host/x.git", "http://example.org/x.git"),
        *("https://127.0.0.1/x.git", "https://localhost/x.git", "https://a:b@example.org/x.git", "https://example.org"),
        *("https://example.org/x.git?a=b", "-oProxyCommand=x", "https://10.0.0.1/x.git", "https://[::1]/x.git"),
    ],
)
def test_addresses_that_are_none_for_a_remote_are_refused(deployer: User, url: str) -> None:
    with pytest.raises(AppError) as refused:
        targets.create_target(user=deployer, name="elsewhere", remote_url=url)
    assert "remote_url" in refused.value.fields


def test_a_new_host_is_not_shown_the_old_ones_credential(
    deployer: User, there: DeploymentTarget, settings: Any
) -> None:
    settings.DEPLOYMENT_ALLOWED_HOSTS = [*settings.DEPLOYMENT_ALLOWED_HOSTS, "example.org"]
    changed = targets.change_target(user=deployer, target=there, remote_url="https://example.org/x.git")
    assert not changed.has_credential
