"""A receiver of traces, and an installation that sends to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from agentsite.common import tracing
from tests.stand_ins.trace_receiver import TraceReceiver


@contextmanager
def traced(settings: Any) -> Iterator[TraceReceiver]:
    """Send traces to a receiver inside the block; after it all have arrived."""
    with TraceReceiver() as receiver:
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = receiver.url
        settings.OTEL_EXPORTER_OTLP_HEADERS = "x-team=builds"
        tracing.forget()
        yield receiver
        tracing.forget()
        settings.OTEL_EXPORTER_OTLP_ENDPOINT = ""
