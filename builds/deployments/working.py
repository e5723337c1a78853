"""Working on one deployment: commit, test a fresh checkout, move the branch, test what people now clone.

Each step's outcome is stored in the run's journal before the next one begins, and each step may be done twice: a commit
has the same name each time, and a branch is moved only from where it was. So a worker that is killed anywhere is
replaced by one that goes on after the last step that was stored.
"""

import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.conf import settings

from agentsite.accounts.runtime.table import AGENT_NODE_SECONDS
from builds import stopping, watching
from builds.agent.errors import AgentError
from builds.agent.ports import Outcome, Sandbox, Toolchain
from builds.agent.values import JsonDict, SandboxLimits
from builds.attempting import attempt
from builds.deployments import checkout, making, opening, outcomes, testing
from builds.deployments.places import Place, fetch_from
from builds.endings import DeploymentEnding
from builds.models.deployment import Deployment, DeploymentStatus
from builds.runs.claim import Claim
from builds.runs.heartbeat import Heartbeat
from builds.runs.journal import RunJournal, hand_connection_back
from builds.runs.payer import Payer

ToolchainOf = Callable[[str, Sandbox, SandboxLimits], Toolchain]


class _NotWanted(Exception):
    """Somebody asked for it to be cancelled, before its branch was to be moved."""


def run(claim: Claim, connect: Callable[[], Sandbox], toolchain_of: ToolchainOf) -> None:
    """Work on a claimed deployment to its end.

    :raises StaleFence: another worker took it over.
    """
    deadline = time.monotonic() + AGENT_NODE_SECONDS.now()
    with Heartbeat(claim) as heartbeat:

        def should_stop() -> bool:
            return heartbeat.should_stop() or stopping.is_stopping() or time.monotonic() > deadline

        def work() -> None:
            deployment = _deployment(claim.run_id)
            sandbox = watching.WatchedSandbox(connect(), deployment.language)
            outcomes.begin(run_id=claim.run_id, fence=claim.fence, sandbox=sandbox.describe().model_dump(mode="json"))
            limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
            toolchain = toolchain_of(deployment.language, sandbox, limits)
            try:
                _Work(claim, deployment, toolchain, should_stop).do()
            except _NotWanted:
                outcomes.confirm_cancel(run_id=claim.run_id, fence=claim.fence)

        attempt(claim, heartbeat, DeploymentEnding(claim.run_id, claim.fence), work)


def _deployment(run_id: UUID) -> Deployment:
    joined = ("user", "target", "build", "restores", "run")
    return Deployment.objects.select_related(*joined).get(run_id=run_id)


class _Work:
    def __init__(
        self, claim: Claim, deployment: Deployment, toolchain: Toolchain, should_stop: Callable[[], bool]
    ) -> None:
        self._held: Any = {"run_id": claim.run_id, "fence": claim.fence}
        self._deployment = deployment
        self._toolchain = toolchain
        self._should_stop = should_stop
        self._journal = RunJournal(claim, Payer())
        self._place: Place = opening.place_of(deployment.target, deployment.branch, should_stop)
        self._checks: dict[str, JsonDict] = {}

    def do(self) -> None:
        """Go through the stages; what was stored by somebody before is not done again."""
        self._place.prepare()
        made = self._commit()
        self._enter(DeploymentStatus.TESTING, made)
        if not self._test("testing", made):
            self._roll_back(made)
            return
        self._enter(DeploymentStatus.DEPLOYING, {})
        self._move(made)
        if not self._test("healthy", made):
            self._put_back(made)
            self._roll_back(made)
            return
        outcomes.finish(**self._held, checks=self._checks)

    def _commit(self) -> JsonDict:
        """Make the commit on top of where the branch is now."""
        head = self._journal.once("git", "building.1.head", {}, lambda: Outcome({"sha": self._place.head()}))["sha"]

        def perform() -> Outcome:
            made = making.make(self._deployment, self._place, head)
            told = {"sha": made["git_sha"], "previous": head, "tree_hash": made["tree_hash"]}
            return Outcome(made, (("deployment.committed", told),))

        return self._journal.once("git", "building.1.commit", {"head": head}, perform)

    def _enter(self, stage: DeploymentStatus, found: JsonDict) -> None:
        if not outcomes.enter(**self._held, stage=stage, **found):
            raise _NotWanted
        hand_connection_back()

    def _test(self, stage: str, made: JsonDict) -> bool:
        def perform() -> Outcome:
            report = testing.tested(self._toolchain, self._checkout(stage, made), is_cancelled=self._should_stop)
            return Outcome(report, (("deployment.tested", testing.told(stage, report)),))

        report = self._journal.once("sandbox", f"{stage}.1.tests", {"sha": made["git_sha"]}, perform)
        self._checks[stage] = report
        return bool(report["passed"])

    def _checkout(self, stage: str, made: JsonDict) -> checkout.Checkout:
        """Fetch the commit itself, or the branch as anybody who clones it; both have to be what was built."""
        deployment, repository = self._deployment, self._place.repository
        name = f"{deployment.id}-{stage}"
        if stage == "testing":
            found = checkout.fresh(name, lambda where: fetch_from(repository, where, deployment.candidate_ref))
        else:
            branch = f"refs/heads/{deployment.branch}"
            found = checkout.fresh(name, lambda where: self._place.fetch(where, branch))
        if found.sha != made["git_sha"]:
            raise AgentError("deployment.branch_moved", branch=deployment.branch, sha=found.sha[:10])
        return found

    def _move(self, made: JsonDict) -> None:
        to, was = made["git_sha"], made["previous_sha"]

        def perform() -> Outcome:
            self._place.move(to=to, was=was)
            told = {"branch": self._deployment.branch, "from": was, "to": to, "where": self._place.name}
            return Outcome({}, (("deployment.moved", told),))

        self._journal.once("git", "deploying.1.move", {"to": to, "was": was}, perform)

    def _put_back(self, made: JsonDict) -> None:
        to, was = made["previous_sha"], made["git_sha"]

        def perform() -> Outcome:
            self._place.move(to=to, was=was)
            return Outcome({}, (("deployment.put_back", {"branch": self._deployment.branch, "from": was, "to": to}),))

        self._journal.once("git", "healthy.1.put_back", {"to": to, "was": was}, perform)

    def _roll_back(self, made: JsonDict) -> None:
        stage, report = list(self._checks.items())[-1]
        code = "deployment.tests_failed" if stage == "testing" else "deployment.not_healthy"
        details = {"failing": ", ".join(report["failing"][:5]) or report["reason"], "sha": made["git_sha"][:10]}
        outcomes.roll_back(**self._held, code=code, details=details, checks=self._checks)
