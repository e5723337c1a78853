"""Targets and builds to be deployed, in a data directory of the test's own."""

from pathlib import Path
from typing import Any

import pytest

from agentsite.accounts.models import User
from builds.approvals import policy
from builds.models.deployment import DeploymentTarget
from tests.deployments.worlds import target_of


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, settings: Any) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path


@pytest.fixture
def deployer(owner: User) -> User:
    """Return somebody who is never asked."""
    policy.change_preference(user=owner, approval_policy="never")
    return owner


@pytest.fixture
def target(deployer: User) -> DeploymentTarget:
    return target_of(deployer)
