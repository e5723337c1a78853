"""Running one analysis of code that was not built here: the analysers of its language, in the sandbox."""

import time
from collections.abc import Callable

from django.conf import settings

from agentsite.accounts.runtime.table import AGENT_NODE_SECONDS
from builds import analyses, foreign_code, stopping, watching
from builds.agent.ports import Sandbox
from builds.agent.values import SandboxLimits
from builds.attempting import attempt
from builds.endings import AnalysisEnding
from builds.models.analysis import CodeAnalysis
from builds.runs.claim import Claim
from builds.runs.heartbeat import Heartbeat
from builds.runs.journal import hand_connection_back
from builds.toolchains.registry import toolchain_for


def run(claim: Claim, connect: Callable[[], Sandbox]) -> None:
    """Run a claimed analysis to its end.

    Nothing of it is stored before its end: who takes it over begins anew, which costs some seconds.

    :raises StaleFence: another worker took it over.
    """
    deadline = time.monotonic() + AGENT_NODE_SECONDS.now()
    with Heartbeat(claim) as heartbeat:

        def should_stop() -> bool:
            return heartbeat.should_stop() or stopping.is_stopping() or time.monotonic() > deadline

        attempt(claim, heartbeat, AnalysisEnding(claim.run_id, claim.fence), lambda: _work(claim, connect, should_stop))


def _work(claim: Claim, connect: Callable[[], Sandbox], should_stop: Callable[[], bool]) -> None:
    analysis = CodeAnalysis.objects.get(run_id=claim.run_id)
    sandbox = watching.WatchedSandbox(connect(), analysis.language)
    described = sandbox.describe().model_dump(mode="json")
    analyses.begin_analysis(run_id=claim.run_id, fence=claim.fence, sandbox=described)
    limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
    toolchain = toolchain_for(analysis.language, sandbox, limits)
    hand_connection_back()
    report = toolchain.analyse(foreign_code.tree_of(analysis), coverage_percent=None, is_cancelled=should_stop)
    analyses.finish_analysis(run_id=claim.run_id, fence=claim.fence, report=report)
