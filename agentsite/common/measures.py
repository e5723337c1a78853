"""What Prometheus can be told: every metric of ours is declared here, so that one list knows them all.

Without ``PROMETHEUS_ENABLED`` counting goes into the process's memory and is told to nobody.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from django.conf import settings
from prometheus_client import REGISTRY, Counter, Gauge, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric

from agentsite.common.shared_counters import SharedCounters

SECONDS = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0)
"""Of what models, sandboxes and people take."""
SHORT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
"""Of what databases take."""
OTHER = "other"


@dataclass(frozen=True)
class Declared:
    """One metric, as the document tells of it."""

    name: str
    kind: str
    labels: tuple[str, ...]
    meaning: str


DECLARED: dict[str, Declared] = {}
_shared = SharedCounters(Path(settings.PROMETHEUS_MULTIPROC_DIR)) if settings.PROMETHEUS_MULTIPROC_DIR else None
if _shared is not None:
    _shared.take_part()


def counter(name: str, meaning: str, *labels: str) -> Counter:
    """Declare something that is counted; its name ends in ``_total``."""
    _declare(name, "counter", labels, meaning)
    return Counter(name, meaning, labels)


def histogram(name: str, meaning: str, *labels: str, buckets: Iterable[float] = SECONDS) -> Histogram:
    """Declare something that takes so many seconds."""
    _declare(name, "histogram", labels, meaning)
    return Histogram(name, meaning, labels, buckets=tuple(buckets))


def gauge(name: str, meaning: str, *labels: str, over_processes: str = "livesum") -> Gauge:
    """Declare something of which there is more or less at a moment.

    :param over_processes: how the values of living processes become one.
    """
    _declare(name, "gauge", labels, meaning)
    return Gauge(name, meaning, labels, multiprocess_mode=over_processes)  # type: ignore[arg-type]


class Asked:
    """A gauge that is measured at the moment of being asked, by the process that answers."""

    def __init__(self, name: str, meaning: str, *labels: str) -> None:
        _declare(name, "gauge", labels, meaning)
        self._declared = DECLARED[name]

    def __call__(self, measured: float | Mapping[tuple[str, ...], float]) -> GaugeMetricFamily:
        """Return what is told; nothing but the name where nothing was measured."""
        name, meaning, labels = self._declared.name, self._declared.meaning, self._declared.labels
        if not isinstance(measured, Mapping):
            return GaugeMetricFamily(name, meaning, value=float(measured))
        family = GaugeMetricFamily(name, meaning, labels=labels)
        for values, number in measured.items():
            family.add_metric(values, number)
        return family


class Bounded:
    """Values of a label that come from outside: the first so many are told, all others are one."""

    def __init__(self, most: int, longest: int = 60) -> None:
        self._most, self._longest = most, longest
        self._seen: set[str] = set()
        self._lock = Lock()

    def __call__(self, value: str) -> str:
        """Return what the label says."""
        short = value[: self._longest]
        if short in self._seen:
            return short
        with self._lock:
            if len(self._seen) >= self._most:
                return OTHER
            self._seen.add(short)
        return short


def collect() -> Iterable[Metric]:
    """Return what was counted: by all processes that share the folder, else by this one."""
    return _shared.collect() if _shared is not None else REGISTRY.collect()


def as_markdown() -> str:
    """Return the table of all metrics as it stands in the documents."""
    rows = [
        f"| `{each.name}` | {each.kind} | {' '.join(f'`{label}`' for label in each.labels)} | {each.meaning} |"
        for each in sorted(DECLARED.values(), key=lambda each: each.name)
    ]
    return "\n".join(["| name | type | labels | meaning |", "|---|---|---|---|", *rows])


def _declare(name: str, kind: str, labels: tuple[str, ...], meaning: str) -> None:
    if name in DECLARED:
        raise ValueError(name)
    DECLARED[name] = Declared(name, kind, labels, meaning)


PROCESSES = gauge("agentsite_processes", "Processes that work as web, worker or bot; one may be all three.", "role")
STARTED = gauge(
    "agentsite_started_timestamp_seconds",
    "When the oldest process of a role began, in seconds since 1970.",
    "role",
    over_processes="livemin",
)


def note_role(role: str) -> None:
    """Say what this process is: ``web``, ``worker`` or ``bot``."""
    PROCESSES.labels(role).set(1)
    STARTED.labels(role).set(time.time())
