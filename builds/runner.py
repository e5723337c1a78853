"""Running one build: the only place that wires the agent's ports to the database, the model and the sandbox."""

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import UUID

import structlog
from django.conf import settings
from django.db import DatabaseError, connections
from django.utils import timezone

from builds import engine, library, lineage, services, stopping
from builds.agent.errors import AgentError, Cancelled, TransientError
from builds.agent.limits import Limits
from builds.agent.llm.clock import SystemClock
from builds.agent.ports import ChatModel, Ports, Sandbox
from builds.agent.state import State
from builds.agent.values import SandboxLimits
from builds.models.build import Build
from builds.models.run import Run
from builds.runs import fence, governor, owner, status
from builds.runs.checkpoint import RunSaver
from builds.runs.claim import Claim, claim_next
from builds.runs.errors import StaleFence
from builds.runs.heartbeat import Heartbeat
from builds.runs.journal import RunJournal
from builds.runs.sink import RunEvents
from builds.toolchains.registry import toolchain_for
from builds.workspace import BuildWorkspace

log = structlog.get_logger(__name__)
_RECURSION_LIMIT = 100
_WAITED_FOR = governor.PAUSING | {"sandbox.unreachable", "sandbox.lost", "sandbox.busy"}
"""Faults of somebody else that may pass; while they last, a build is better set aside than failed."""
_HAND_BACK_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)


@dataclass(frozen=True)
class Engines:
    """What a worker brings along: how to connect a model and where code runs."""

    model: Callable[[str], ChatModel] = engine.model
    sandbox: Callable[[], Sandbox] = engine.sandbox


def run_next(*, run_id: UUID | None = None, engines: Engines | None = None, task_id: str = "") -> UUID | None:
    """Claim the fairest waiting build and run it to its end; return its run, or None when there was nothing to do."""
    claim = None if stopping.is_stopping() else claim_next(owner.this_thread(), run_id=run_id)
    if claim is None:
        return None
    with structlog.contextvars.bound_contextvars(run_id=str(claim.run_id), fence=claim.fence):
        try:
            _run(claim, engines or Engines(), task_id)
        except StaleFence:
            log.warning("run.taken_over")
        except DatabaseError:
            log.exception("run.without_database")
            _hand_back_later(claim)
    return claim.run_id


def _run(claim: Claim, engines: Engines, task_id: str) -> None:
    with fence.held(claim.run_id, claim.fence):
        Build.objects.filter(run_id=claim.run_id).update(celery_task_id=task_id)
    build = Build.objects.get(run_id=claim.run_id)
    sink = RunEvents(claim)
    deadline = time.monotonic() + settings.AGENT_BUILD_SECONDS - claim.worked_seconds
    with Heartbeat(claim) as heartbeat:
        saver = RunSaver(claim, sink.take_pending)
        try:
            ports = _ports(claim, build, engines, sink)
            ports = replace(ports, should_stop=lambda: _should_stop(heartbeat, sink, deadline))
            state = _invoke(claim, build, ports, saver)
            services.finish_build(run_id=claim.run_id, fence=claim.fence, state=state, pending=sink.take_pending())
        except Cancelled:
            _stopped(claim, heartbeat, saver, sink)
        except TransientError as error:
            _wait_or_fail(claim, error, saver, sink)
        except AgentError as error:
            _fail(claim, error.code, dict(error.details), saver, sink)
        except StaleFence:
            raise
        except DatabaseError:
            raise
        except Exception as error:  # noqa: BLE001  whatever broke, the build gets an end
            _broken(claim, saver, sink, error)
        else:
            _remember(build)


def _should_stop(heartbeat: Heartbeat, sink: RunEvents, deadline: float) -> bool:
    is_late = time.monotonic() > deadline or sink.node_seconds() > settings.AGENT_NODE_SECONDS
    return is_late or heartbeat.should_stop() or stopping.is_stopping()


def _broken(claim: Claim, saver: RunSaver, sink: RunEvents, error: Exception) -> None:
    if stopping.is_stopping():  # whatever broke, it broke because the process ends
        _give_back(claim)
        return
    log.error("run.broken", exc_info=error)
    _fail(claim, "platform.error", {}, saver, sink)


def _remember(build: Build) -> None:
    try:
        build.refresh_from_db()
        library.remember_build(build)
    except Exception:  # the build has ended well; what it taught can be indexed later
        log.exception("memory.failed")


def _ports(claim: Claim, build: Build, engines: Engines, sink: RunEvents) -> Ports:
    model, sandbox = governor.GovernedModel(engines.model(build.wanted_model)), engines.sandbox()
    described = sandbox.describe().model_dump(mode="json")
    services.begin_build(run_id=claim.run_id, fence=claim.fence, model=model.name, sandbox=described)
    limits = SandboxLimits(wall_seconds=settings.SANDBOX_WALL_SECONDS)
    toolchain = toolchain_for(build.language, sandbox, limits)
    return Ports(
        model=model,
        toolchain=toolchain,
        retriever=library.BuildRetriever(build),
        workspace=BuildWorkspace(claim, build.id, toolchain.is_test),
        events=sink,
        journal=RunJournal(claim, build.id),
        clock=SystemClock(),
        limits=Limits(max_repairs=settings.AGENT_MAX_REPAIRS),
        should_stop=lambda: False,
        in_thread=_freeing_connections,
    )


def _invoke(claim: Claim, build: Build, ports: Ports, saver: RunSaver) -> State:
    from builds.agent.graph import compile_graph

    config: Any = {"configurable": {"thread_id": str(claim.run_id)}, "recursion_limit": _RECURSION_LIMIT}
    begun = saver.get_tuple(config) is not None
    reached = saver.progress()
    first = reached.state if reached else lineage.first_state_of(build)
    return cast("State", compile_graph(ports, saver).invoke(None if begun else first, config, durability="sync"))


def _freeing_connections(call: Callable[[], Any]) -> Any:
    try:
        return call()
    finally:
        connections.close_all()


def _stopped(claim: Claim, heartbeat: Heartbeat, saver: RunSaver, sink: RunEvents) -> None:
    if heartbeat.is_lost:
        raise StaleFence(str(claim.run_id))
    if heartbeat.is_cancelled:
        services.confirm_cancel(run_id=claim.run_id, fence=claim.fence)
        return
    if stopping.is_stopping():
        _give_back(claim)
        return
    code = "build.node_timeout" if sink.node_seconds() > settings.AGENT_NODE_SECONDS else "build.timeout"
    _fail(claim, code, {"node": sink.node}, saver, sink)


def _give_back(claim: Claim) -> None:
    if not status.give_back(claim.run_id, claim.fence):
        services.confirm_cancel(run_id=claim.run_id, fence=claim.fence)


def _hand_back_later(claim: Claim) -> None:
    """Drop a run as soon as the database answers again; if that takes long, its lease runs out."""
    for pause in _HAND_BACK_PAUSES:
        connections.close_all()  # broken ones would stay broken
        time.sleep(pause)
        with contextlib.suppress(DatabaseError):
            with contextlib.suppress(StaleFence):
                if not status.drop(claim.run_id, claim.fence):
                    services.confirm_cancel(run_id=claim.run_id, fence=claim.fence)
            return


def _wait_or_fail(claim: Claim, error: TransientError, saver: RunSaver, sink: RunEvents) -> None:
    """Wait for a provider or a sandbox-runner that is overloaded or away, up to a limit; other faults end the build."""
    seconds = error.retry_after_seconds
    since = Run.objects.values_list("waiting_since", flat=True).get(id=claim.run_id)
    waited = (timezone.now() - since).total_seconds() if since else 0.0
    may_wait = seconds is not None and waited + seconds <= settings.AGENT_PROVIDER_WAIT_SECONDS
    if error.code not in _WAITED_FOR or seconds is None or not may_wait:
        _fail(claim, error.code, dict(error.details), saver, sink)
        return
    log.info("run.waiting", code=error.code, seconds=round(seconds))
    is_waiting = services.wait_for_provider(
        run_id=claim.run_id, fence=claim.fence, code=error.code, seconds=seconds, pending=sink.take_pending()
    )
    if not is_waiting:
        services.confirm_cancel(run_id=claim.run_id, fence=claim.fence)


def _fail(claim: Claim, code: str, details: dict[str, object], saver: RunSaver, sink: RunEvents) -> None:
    log.info("run.failed", code=code)
    reached = saver.progress()
    services.fail_build(
        run_id=claim.run_id,
        fence=claim.fence,
        code=code,
        details=details,
        state=reached.state if reached else State(),
        pending=sink.take_pending(),
    )
