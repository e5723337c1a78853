"""Watching a worker's hold on a run: wrappers at the agent's ports that count, time and trace, and change nothing.

Nothing of what they see in passing (prompts, code, paths) goes into a measure or a trace: names, codes and numbers do.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

from django.db import DatabaseError

from agentsite.common import tracing
from builds import measures
from builds.agent.errors import AgentError, Cancelled
from builds.agent.ports import ChatModel, EventSink, IsCancelled, Sandbox
from builds.agent.values import JsonDict, ModelReply, ModelRequest, SandboxDescription, SandboxRequest, SandboxResult
from builds.models.build import Build
from builds.models.run import Run
from builds.runs import pricing
from builds.runs.claim import Claim
from builds.runs.errors import StaleFence


class Watch:
    """One hold on a run: its span, and that of the node at work, which threads of that node go on from."""

    def __init__(self, span: tracing.Span) -> None:
        self.span = span
        self._node, self._node_span, self._since = "", tracing.NO_SPAN, 0.0

    @property
    def innermost(self) -> tracing.Span:
        """Return the span that a call of this moment belongs to."""
        return self._node_span if self._node else self.span

    def enter(self, node: str) -> None:
        """Note that a node begins; one before it that did not say so has ended."""
        self.leave("finished")
        self._node, self._since = node, time.monotonic()
        self._node_span = tracing.begin(f"node {node}", of=self.span)

    def leave(self, outcome: str) -> None:
        """Note that the node at work ends, if there is one."""
        if self._node:
            measures.NODES.labels(self._node, outcome).observe(time.monotonic() - self._since)
            self._node_span.end(outcome=outcome, failed=outcome not in {"finished", "stopped"})
            self._node, self._node_span = "", tracing.NO_SPAN


_current: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextlib.contextmanager
def run(claim: Claim) -> Iterator[None]:
    """Watch what a worker does with a claim, as a part of the trace in which it was asked for."""
    parent, links, build = _origin(claim)
    told: dict[str, Any] = {"run.id": str(claim.run_id), "run.attempt": claim.attempt, "run.fence": claim.fence}
    told |= {"build.id": build} if build else {}
    with tracing.span(f"run {claim.kind}", parent=parent, links=links, **told) as span:
        token = _current.set(Watch(span))
        try:
            yield
        finally:
            _current.reset(token)


def _origin(claim: Claim) -> tuple[str, list[str], str]:
    """Return the trace that a run was asked for in, those of the build it repeats, and which build it is."""
    if not tracing.is_on():
        return "", [], ""
    try:
        parent, build = Run.objects.values_list("trace_parent", "build__id").get(id=claim.run_id)
        before = Build.objects.filter(children__run_id=claim.run_id).values_list("run__trace_parent", flat=True)
        return parent, [each for each in before if each], str(build or "")
    except (DatabaseError, Run.DoesNotExist):  # the work itself will find out
        return "", [], ""


@contextlib.contextmanager
def attempt(claim: Claim) -> Iterator[None]:
    """Notice how an attempt ends, whatever is made of it."""
    outcome = "worked"
    watch = _current.get()
    try:
        yield
        if watch is not None:
            watch.leave("finished")
    except BaseException as error:
        outcome = _outcome_of(error)
        if watch is not None:
            watch.leave("stopped" if isinstance(error, Cancelled | StaleFence) else "failed")
            watch.span.fail(_code(error))
        raise
    finally:
        measures.ATTEMPTS.labels(claim.kind, outcome).inc()


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, StaleFence):
        return "lost"
    return "without_database" if isinstance(error, DatabaseError) else "worked"


def _code(error: BaseException) -> str:
    if isinstance(error, Cancelled | StaleFence):
        return ""
    return measures.known_code(error.code) if isinstance(error, AgentError) else type(error).__name__


class WatchedEvents:
    """A timeline that says when a node begins and ends."""

    def __init__(self, events: EventSink) -> None:
        self._events, self._watch = events, _current.get() or Watch(tracing.NO_SPAN)
        self.stream = events.stream

    def enter(self, node: str) -> None:
        """Record that a node starts."""
        self._watch.enter(node)
        self._events.enter(node)

    def emit(self, kind: str, payload: JsonDict) -> None:
        """Record one event."""
        self._events.emit(kind, payload)
        if kind == "node.finished":
            self._watch.leave("finished")


class WatchedModel:
    """A model whose answers are counted and timed."""

    def __init__(self, model: ChatModel) -> None:
        self._model, self._watch = model, _current.get() or Watch(tracing.NO_SPAN)

    @property
    def name(self) -> str:
        """``provider:name``."""
        return self._model.name

    def complete(
        self, request: ModelRequest, *, on_text: Callable[[str], None], is_cancelled: IsCancelled
    ) -> ModelReply:
        """Return the model's answer."""
        provider, model = measures.model_labels(self.name)
        call = _Call(on_text)
        told = {"model.provider": provider, "model.name": model, "model.purpose": request.purpose}
        span, outcome = tracing.begin("model call", of=self._watch.innermost, **told), "broken"
        try:
            reply = self._model.complete(request, on_text=call.hear, is_cancelled=is_cancelled)
            outcome = "refused" if reply.finish_reason == "refused" else "answered"
        except Cancelled:
            outcome = "cancelled"
            raise
        except AgentError as error:
            outcome = measures.known_code(error.code)
            raise
        finally:
            measures.MODEL_CALLS.labels(provider, model, request.purpose, outcome).inc()
            span.end(outcome=outcome, failed=outcome not in {"answered", "cancelled"})
        _count_answer((provider, model), reply, call)
        return reply


class _Call:
    def __init__(self, on_text: Callable[[str], None]) -> None:
        self._on_text, self._began = on_text, time.monotonic()
        self.first: float | None = None

    def hear(self, text: str) -> None:
        if self.first is None:
            self.first = self.seconds()
        self._on_text(text)

    def seconds(self) -> float:
        return time.monotonic() - self._began


def _count_answer(labels: tuple[str, str], reply: ModelReply, call: _Call) -> None:
    measures.MODEL_SECONDS.labels(*labels).observe(call.seconds())
    measures.MODEL_TOKENS.labels(*labels, "input").inc(reply.tokens_input)
    measures.MODEL_TOKENS.labels(*labels, "output").inc(reply.tokens_output)
    if call.first is not None:
        measures.MODEL_FIRST_SECONDS.labels(*labels).observe(call.first)
    with contextlib.suppress(DatabaseError):  # the ledger says what is owed, this only how fast money goes
        cost = pricing.price_usd(reply.model, reply.tokens_input, reply.tokens_output)
        measures.MODEL_COST.labels(*labels).inc(float(cost or 0))


class WatchedSandbox:
    """A sandbox whose runs are counted and timed; what else it can do goes by untouched."""

    def __init__(self, sandbox: Sandbox, language: str) -> None:
        self._sandbox, self._language = sandbox, language
        self._watch = _current.get() or Watch(tracing.NO_SPAN)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sandbox, name)

    def describe(self) -> SandboxDescription:
        """Say what this sandbox is."""
        return self._sandbox.describe()

    def run(
        self,
        request: SandboxRequest,
        *,
        is_cancelled: IsCancelled = lambda: False,
        on_output: Callable[[bytes], None] | None = None,
    ) -> SandboxResult:
        """Run one command."""
        began, outcome = time.monotonic(), "broken"
        span = tracing.begin("sandbox run", of=self._watch.innermost, **{"sandbox.language": self._language})
        with measures.SANDBOX_OPEN.labels(self._language).track_inprogress():
            try:
                result = self._sandbox.run(request, is_cancelled=is_cancelled, on_output=on_output)
                outcome = result.outcome
            except AgentError as error:
                outcome = measures.known_code(error.code)
                raise
            finally:
                measures.SANDBOX_RUNS.labels(self._language, outcome).observe(time.monotonic() - began)
                span.end(outcome=outcome, failed=outcome not in {"exited", "cancelled"})
        return result
