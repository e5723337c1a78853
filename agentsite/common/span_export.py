"""Sending spans over HTTP, so that a receiver which is away costs a line in the log and nothing else."""

import logging
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan

log = structlog.get_logger(__name__)
SECONDS = 3.0
PAUSE_SECONDS = 5.0
_TALKATIVE = ("opentelemetry.exporter.otlp.proto.http.trace_exporter", "opentelemetry.exporter.http.transport")


class QuietExporter(SpanExporter):
    """Say in one line of ours what the library tells in many, with addresses.

    After a failure nothing is sent for some seconds, so that a process that ends does not try batch after batch.
    """

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter, self._again, self._dropped = exporter, 0.0, 0
        for name in _TALKATIVE:
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)

    def export(self, spans: "Sequence[ReadableSpan]") -> SpanExportResult:
        """Send a batch; a batch that can't be sent is dropped."""
        if time.monotonic() < self._again:
            self._dropped += len(spans)
            return SpanExportResult.FAILURE
        result = self._exporter.export(spans)
        if result is not SpanExportResult.SUCCESS:
            log.warning("traces.not_sent", spans=len(spans) + self._dropped)
            self._again, self._dropped = time.monotonic() + PAUSE_SECONDS, 0
        return result

    def shutdown(self) -> None:
        """End."""
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Send what the exporter itself holds back."""
        return self._exporter.force_flush(timeout_millis)


def exporter() -> SpanExporter:
    """Return what sends to the configured endpoint."""
    headers = dict(_pairs(settings.OTEL_EXPORTER_OTLP_HEADERS))
    address = f"{settings.OTEL_EXPORTER_OTLP_ENDPOINT}/v1/traces"
    return QuietExporter(OTLPSpanExporter(endpoint=address, headers=headers, timeout=SECONDS))


def _pairs(text: str) -> Sequence[tuple[str, str]]:
    parts = [each.partition("=") for each in text.split(",") if "=" in each]
    return [(name.strip().lower(), value.strip()) for name, _, value in parts]
