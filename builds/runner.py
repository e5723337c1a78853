"""Running what waits: the only place that wires the agent's ports to the database, the model and the sandbox."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connections

from agentsite.accounts.runtime.table import AGENT_BUILD_SECONDS, AGENT_MAX_REPAIRS, AGENT_NODE_SECONDS
from agentsite.common.logs import lines_about, note
from builds import about, analysing, engine, library, lineage, services, stopping, watching
from builds.agent.limits import Limits
from builds.agent.llm.clock import SystemClock
from builds.agent.ports import ChatModel, Ports, Sandbox, Toolchain
from builds.agent.speech.ports import Transcriber
from builds.agent.state import State
from builds.agent.values import SandboxLimits
from builds.attachments import bringing
from builds.attachments.texts import Readers
from builds.attempting import attempt, hand_back_later
from builds.deployments import working as deploying
from builds.endings import BuildEnding
from builds.jobs import working
from builds.models.build import Build
from builds.models.run import RunKind
from builds.runs import fence, governor, owner
from builds.runs.checkpoint import RunSaver
from builds.runs.claim import Claim, claim_next
from builds.runs.errors import StaleFence
from builds.runs.heartbeat import Heartbeat
from builds.runs.journal import RunJournal
from builds.runs.lanes import WORK, Lane
from builds.runs.payer import Payer
from builds.runs.sink import RunEvents
from builds.toolchains.registry import toolchain_for
from builds.workspace import BuildWorkspace

log = structlog.get_logger(__name__)
_RECURSION_LIMIT = 100


@dataclass(frozen=True)
class Engines:
    """What a worker brings along: how to connect a model, where code runs, and what is done there."""

    model: Callable[[str], ChatModel] = engine.model
    sandbox: Callable[[], Sandbox] = engine.sandbox
    toolchain: Callable[[str, Sandbox, SandboxLimits], Toolchain] = toolchain_for
    transcriber: Callable[[], Transcriber | None] = engine.transcriber


def run_next(
    *,
    run_id: UUID | None = None,
    engines: Engines | None = None,
    task_id: str = "",
    lane: Lane = WORK,
    on_claim: Callable[[], object] = lambda: None,
) -> UUID | None:
    """Claim the fairest waiting run of a lane and run it to its end; return it, None when there was nothing to do."""
    claim = None if stopping.is_stopping() else claim_next(owner.this_thread(), run_id=run_id, lane=lane)
    if claim is None:
        return None
    on_claim()
    with lines_about(run_id=str(claim.run_id), kind=claim.kind, fence=claim.fence), watching.run(claim):
        try:
            note(**about.run(claim.run_id))
            log.info("run.begun", attempt=claim.attempt)
            _work(claim, engines or Engines(), task_id)
        except StaleFence:
            log.warning("run.taken_over")
        except DatabaseError:
            log.exception("run.without_database")
            hand_back_later(claim)
    return claim.run_id


def _work(claim: Claim, engines: Engines, task_id: str) -> None:
    if claim.kind == RunKind.ANALYSIS:
        analysing.run(claim, engines.sandbox)
    elif claim.kind == RunKind.JOB:
        working.run(claim, engines.model, engines.sandbox, engines.transcriber)
    elif claim.kind == RunKind.DEPLOYMENT:
        deploying.run(claim, engines.sandbox, engines.toolchain)
    else:
        _run(claim, engines, task_id)


def _run(claim: Claim, engines: Engines, task_id: str) -> None:
    with fence.held(claim.run_id, claim.fence):
        Build.objects.filter(run_id=claim.run_id).update(celery_task_id=task_id)
    build = Build.objects.get(run_id=claim.run_id)
    sink = RunEvents(claim)
    # Asked once: limits don't move under a build that is at work.
    deadline, node_seconds = (
        time.monotonic() + AGENT_BUILD_SECONDS.now() - claim.worked_seconds,
        AGENT_NODE_SECONDS.now(),
    )
    with Heartbeat(claim) as heartbeat:
        saver = RunSaver(claim, sink.take_pending)

        def work() -> None:
            sandbox = watching.WatchedSandbox(engines.sandbox(), build.language)
            ports = _ports(claim, build, engines, sandbox, sink)
            ports = replace(ports, should_stop=lambda: _should_stop(heartbeat, sink, deadline, node_seconds))
            readers = Readers(lambda: sandbox, engines.transcriber(), ports.journal, ports.clock, ports.should_stop)
            state = _invoke(claim, build, ports, saver, readers)
            services.finish_build(run_id=claim.run_id, fence=claim.fence, state=state, pending=sink.take_pending())

        ending = BuildEnding(claim.run_id, claim.fence, saver.progress, sink, node_seconds)
        if attempt(claim, heartbeat, ending, work):
            _remember()


def _should_stop(heartbeat: Heartbeat, sink: RunEvents, deadline: float, node_seconds: float) -> bool:
    is_late = time.monotonic() > deadline or sink.node_seconds() > node_seconds
    return is_late or heartbeat.should_stop() or stopping.is_stopping()


def _remember() -> None:
    try:
        library.remember_waiting()
    except DatabaseError as error:  # the build has ended well; what it taught is remembered with the next sweep
        log.warning("memory.away", error=type(error).__name__)


def _ports(claim: Claim, build: Build, engines: Engines, sandbox: Sandbox, sink: RunEvents) -> Ports:
    model = governor.GovernedModel(watching.WatchedModel(engines.model(build.wanted_model)))
    described = sandbox.describe().model_dump(mode="json")
    agent_limits = Limits(max_repairs=AGENT_MAX_REPAIRS.now())
    services.begin_build(
        run_id=claim.run_id,
        fence=claim.fence,
        model=model.name,
        sandbox=described,
        max_repairs=agent_limits.max_repairs,
    )
    limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
    toolchain = engines.toolchain(build.language, sandbox, limits)
    return Ports(
        model=model,
        toolchain=toolchain,
        retriever=library.BuildRetriever(build),
        workspace=BuildWorkspace(claim, build.id, toolchain.is_test),
        events=watching.WatchedEvents(sink),
        journal=RunJournal(claim, Payer(build.id)),
        clock=SystemClock(),
        limits=agent_limits,
        should_stop=lambda: False,
        in_thread=_freeing_connections,
    )


def _invoke(claim: Claim, build: Build, ports: Ports, saver: RunSaver, readers: Readers) -> State:
    from builds.agent.graph import compile_graph

    config: Any = {"configurable": {"thread_id": str(claim.run_id)}, "recursion_limit": _RECURSION_LIMIT}
    begun = saver.get_tuple(config) is not None
    reached = saver.progress()
    first = None
    if not begun:
        first = reached.state if reached else lineage.first_state_of(build)
        first = bringing.bring(claim, build, first, readers, ports.events)
    return cast("State", compile_graph(ports, saver).invoke(first, config, durability="sync"))


def _freeing_connections(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connections.close_all()
