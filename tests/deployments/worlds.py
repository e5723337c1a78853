"""Deployments with real git, in a sandbox that reports what it is told."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from agentsite.accounts.models import User
from builds.agent.scripted.toolchain import ScriptedToolchain
from builds.agent.values import TestReport, TestResult, Tree
from builds.deployments import selectors, services, targets
from builds.models.build import Build
from builds.models.deployment import Deployment, DeploymentTarget
from builds.runner import Engines, run_next
from builds.sandbox.scripted import ScriptedSandbox

PASSED = TestReport(
    outcome="passed", exit_code=0, tests=(TestResult(id="t::a", path="test_roman.py", outcome="passed"),)
)
FAILED = TestReport(
    outcome="failed", exit_code=1, tests=(TestResult(id="t::a", path="test_roman.py", outcome="failed"),)
)
Reports = list[TestReport | Exception] | Callable[[Tree], TestReport]


def target_of(user: User, name: str = "production", **more: Any) -> DeploymentTarget:
    return targets.create_target(user=user, name=name, **more)


def engines(reports: Reports) -> Engines:
    """Return what a worker brings along, with a toolchain that reports what it is told."""
    toolchain = ScriptedToolchain(reports)
    return Engines(sandbox=lambda: ScriptedSandbox([]), toolchain=lambda *_: toolchain)


def worked(deployment: Deployment, reports: Reports | None = None) -> Deployment:
    """Let a worker take a deployment up; return it as it stands then."""
    told = reports if reports is not None else (lambda _tree: PASSED)
    assert run_next(run_id=deployment.run_id, engines=engines(told)) == deployment.run_id
    return fresh(deployment)


def fresh(deployment: Deployment) -> Deployment:
    found = selectors.find_deployment(deployment.user, deployment.id)
    assert found is not None
    return found


def deployed(user: User, build: Build, target: DeploymentTarget, reports: Reports | None = None) -> Deployment:
    """Deploy a build to its end."""
    return worked(services.deploy(user=user, build=build, target=target), reports)


def kinds(deployment: Deployment) -> list[str]:
    return list(deployment.run.events.order_by("seq").values_list("kind", flat=True))


def git(*arguments: object, **more: Any) -> str:
    """Run git as somebody at home would, but with nobody's settings."""
    environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_TERMINAL_PROMPT": "0"}
    done = subprocess.run(
        ["git", *map(str, arguments)], env=environment, capture_output=True, text=True, check=True, timeout=60, **more
    )
    return str(done.stdout).strip()


def in_repository(folder: Path, *arguments: object) -> str:
    return git("--git-dir", folder, *arguments)
