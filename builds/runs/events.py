"""Recording the timeline: numbers without gaps, subscribers in the same transaction, a wake-up after commit."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F

from agentsite.common import logs
from agentsite.common.insertion import insert
from agentsite.common.redaction import hide_own
from agentsite.common.texts import storable
from builds.agent.values import JsonDict
from builds.models.run import Run, RunEvent
from builds.runs import live

log = structlog.get_logger(__name__)
REQUEST_ID = "request_id"
"""In a run's first event: of the request that submitted it, so that the lines of its worker carry it, too."""
MAX_PAYLOAD_BYTES = 32 * 1024
_CUT_TEXT = 2_000
Subscriber = Callable[[Sequence[RunEvent]], None]
_subscribers: list[Subscriber] = []


@dataclass(frozen=True)
class NewEvent:
    """An event that is still to be recorded."""

    kind: str
    payload: JsonDict = field(default_factory=dict)
    node: str = ""


def subscribe(subscriber: Subscriber) -> None:
    """Call ``subscriber`` inside every transaction that records events; it may only insert rows."""
    _subscribers.append(subscriber)


def record(run_id: UUID, *events: NewEvent) -> list[RunEvent]:
    """Append events to a run's timeline in the open transaction.

    The counter is raised in the run's own row, so numbers follow commits: a reader at ``after=n`` misses nothing.
    """
    if not events:
        return []
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("events are recorded with what they tell of, in one transaction")
    Run.objects.filter(id=run_id).update(last_seq=F("last_seq") + len(events))
    last = Run.objects.values_list("last_seq", flat=True).get(id=run_id)
    rows = _written(run_id, last - len(events) + 1, events)
    transaction.on_commit(lambda: live.wake(run_id), robust=True)
    return rows


def record_first(run_id: UUID, event: NewEvent) -> None:
    """Begin the timeline of a run that was inserted in this transaction with its counter at one: nobody watches yet."""
    asked = logs.noted(REQUEST_ID)
    told = event.payload | {REQUEST_ID: asked} if asked else event.payload
    _written(run_id, 1, [NewEvent(event.kind, told, event.node)])
    transaction.on_commit(lambda: log.info("run.submitted", run_id=str(run_id), kind=event.kind), robust=True)


def _written(run_id: UUID, first: int, events: Sequence[NewEvent]) -> list[RunEvent]:
    rows = [
        RunEvent(
            run_id=run_id,
            seq=first + offset,
            kind=event.kind,
            node=event.node,
            payload=bounded(storable(hide_own(event.payload))),
        )
        for offset, event in enumerate(events)
    ]
    rows = [insert(rows[0])] if len(rows) == 1 else RunEvent.objects.bulk_create(rows)
    for subscriber in _subscribers:
        subscriber(rows)
    return rows


def bounded(payload: JsonDict) -> JsonDict:
    """Return the payload, or one of at most 32 KiB with its long texts cut and its long lists dropped."""
    if _size(payload) <= MAX_PAYLOAD_BYTES:
        return payload
    cut: JsonDict = {
        name: value[:_CUT_TEXT] if isinstance(value, str) else value
        for name, value in payload.items()
        if not isinstance(value, list | dict) or _size({name: value}) <= _CUT_TEXT
    }
    cut["is_cut"] = True
    return cut if _size(cut) <= MAX_PAYLOAD_BYTES else {"is_cut": True}


def _size(payload: JsonDict) -> int:
    return len(json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace"))
