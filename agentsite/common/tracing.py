"""Traces by OpenTelemetry, where ``OTEL_EXPORTER_OTLP_ENDPOINT`` names who takes them; else nothing is even imported.

Spans hold ids, names, counts and codes: never a prompt, code, a path or a secret. Sending is done beside the work, in
batches; who takes them may be away, then they are dropped with a line in the log.
"""

import contextlib
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Tracer

log = structlog.get_logger(__name__)
FLUSH_SECONDS = 3.0
QUEUE_SPANS = 4_096
Attribute = str | int | float | bool


class Span:
    """A part of a trace; one without a trace does nothing.

    :param span: OpenTelemetry's; None where nothing is traced.
    """

    def __init__(self, span: Any = None) -> None:
        self._span = span

    @property
    def context(self) -> "Context | None":
        """Return what a span inside of this one goes on from."""
        if self._span is None:
            return None
        from opentelemetry import trace

        return trace.set_span_in_context(self._span)

    @property
    def trace_id(self) -> str:
        """Return the trace's number as people look it up; empty without a trace."""
        return f"{self._span.get_span_context().trace_id:032x}" if self._span is not None else ""

    def set(self, **told: Attribute) -> None:
        """Tell more of it; dots in names are written as two underscores."""
        if self._span is not None:
            self._span.set_attributes({name.replace("__", "."): value for name, value in told.items()})

    def rename(self, name: str) -> None:
        """Call it something else, now that it is known what it is."""
        if self._span is not None:
            self._span.update_name(name)

    def fail(self, code: str) -> None:
        """Mark it as failed, with a code and no words; nothing where there is no code."""
        if self._span is not None and code:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_status(Status(StatusCode.ERROR, code))

    def end(self, *, outcome: str, failed: bool = False) -> None:
        """End it."""
        if self._span is not None:
            self.set(outcome=outcome)
            self.fail(outcome if failed else "")
            self._span.end()


NO_SPAN = Span()


def is_on() -> bool:
    """Say whether there is somebody to send traces to."""
    return bool(settings.OTEL_EXPORTER_OTLP_ENDPOINT)


def begin(name: str, *, of: Span, **told: Attribute) -> Span:
    """Begin a span inside another, from any thread; nothing where the other is none."""
    if of.context is None:
        return NO_SPAN
    return Span(_tracer().start_span(name, of.context, attributes=told))


@contextlib.contextmanager
def span(
    name: str, *, parent: str = "", links: Sequence[str] = (), is_server: bool = False, **told: Attribute
) -> Iterator[Span]:
    """Trace the block, and have its lines in the log name the trace.

    :param parent: a ``traceparent`` (W3C) to go on from; else the span around, else a trace of its own.
    :param links: of traces that have to do with it.
    """
    if not is_on():
        yield NO_SPAN
        return
    from opentelemetry import trace

    kind = trace.SpanKind.SERVER if is_server else trace.SpanKind.INTERNAL
    linked = [trace.Link(context) for each in links if (context := _span_context(each)) is not None]
    begun = _tracer().start_span(name, _context(parent), kind=kind, links=linked, attributes=told)
    with (
        trace.use_span(begun, end_on_exit=True, record_exception=False, set_status_on_exception=False),
        structlog.contextvars.bound_contextvars(trace_id=f"{begun.get_span_context().trace_id:032x}"),
    ):
        yield Span(begun)


def current_parent() -> str:
    """Return the ``traceparent`` (W3C) of the span around; empty where nothing is traced."""
    if not is_on():
        return ""
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent", "")


def flush() -> None:
    """Send what is waiting, and wait for it a little."""
    if is_on():
        _processor().force_flush(int(FLUSH_SECONDS * 1000))


def forget() -> None:
    """Send what is waiting, and from the next span on to the receiver that the settings name by then."""
    if _processor.cache_info().currsize:
        _processor().shutdown()
    _processor.cache_clear()
    _tracer.cache_clear()


def _context(parent: str) -> "Context | None":
    if not parent:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    return TraceContextTextMapPropagator().extract({"traceparent": parent})


def _span_context(parent: str) -> Any:
    from opentelemetry import trace

    found = trace.get_current_span(_context(parent)).get_span_context()
    return found if found.is_valid else None


@cache
def _processor() -> "SpanProcessor":
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    from agentsite.common.span_export import exporter

    return BatchSpanProcessor(exporter(), max_queue_size=QUEUE_SPANS, schedule_delay_millis=1_000)


@cache
def _tracer() -> "Tracer":
    """Return a tracer of our own provider: what libraries trace by themselves, with whatever attributes, stays out."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider(resource=Resource({"service.name": "agentsite"}))
    provider.add_span_processor(_processor())
    return provider.get_tracer("agentsite")
