"""A LangGraph checkpoint saver over the run's own row.

A node's state, its result and its events are one fenced transaction; the stock savers write outside it and without a
fence. State is plain versioned JSON, never pickled objects. Our graphs run one node at a time, so what a node wrote
before its checkpoint is not kept: the journal makes running it again free.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db import connections
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import (
    BaseCheckpointSaver,
    ChannelVersions,
    Checkpoint,
    CheckpointMetadata,
    CheckpointTuple,
)

from builds.models.run import Run
from builds.runs import events, fence
from builds.runs.claim import MADE_PROGRESS, Claim
from builds.runs.progress import VERSION, Progress, progress_of


class RunSaver(BaseCheckpointSaver[int]):
    """Keep one run's last checkpoint, under its fence.

    :param pending: hands over, once, the events that belong to what is being saved.
    """

    def __init__(self, claim: Claim, pending: Callable[[], list[events.NewEvent]]) -> None:
        super().__init__()
        self._home = threading.get_ident()
        self._claim = claim
        self._pending = pending

    def get_tuple(self, config: RunnableConfig) -> CheckpointTuple | None:
        """Return the last checkpoint, or None for a run whose first node has not ended."""
        stored = Run.objects.values_list("graph_state", flat=True).get(id=self._claim.run_id)
        if stored.get("version") != VERSION or "checkpoint" not in stored:
            return None
        return CheckpointTuple(
            _named(config, stored["checkpoint"]["id"]), stored["checkpoint"], stored["metadata"], None
        )

    def progress(self) -> Progress | None:
        """Return how far the run came; None for one that begins with nothing and has not begun."""
        return progress_of(Run.objects.only("graph_state").get(id=self._claim.run_id))

    def list(
        self,
        config: RunnableConfig | None,
        *,
        filter: dict[str, Any] | None = None,  # noqa: A002, ARG002  the base class's signature
        before: RunnableConfig | None = None,  # noqa: ARG002
        limit: int | None = None,  # noqa: ARG002
    ) -> Iterator[CheckpointTuple]:
        """Return what there is: the last one."""
        found = self.get_tuple(config or {})
        return iter([found] if found else [])

    def put(
        self,
        config: RunnableConfig,
        checkpoint: Checkpoint,
        metadata: CheckpointMetadata,
        new_versions: ChannelVersions,  # noqa: ARG002  the base class's signature
    ) -> RunnableConfig:
        """Store a node's state together with its events.

        :raises StaleFence: the run was taken over; nothing was stored.
        """
        plain = json.loads(json.dumps({"version": VERSION, "checkpoint": checkpoint, "metadata": dict(metadata)}))
        try:
            with fence.held(self._claim.run_id, self._claim.fence):
                Run.objects.filter(id=self._claim.run_id).update(graph_state=plain, **MADE_PROGRESS)
                events.record(self._claim.run_id, *self._pending())
        finally:
            self._free_connection()
        return _named(config, checkpoint["id"])

    def _free_connection(self) -> None:
        # The graph saves in threads of its own, which end without a word: a pooled connection would never come back.
        if threading.get_ident() != self._home:
            connections.close_all()

    def put_writes(
        self, config: RunnableConfig, writes: Sequence[tuple[str, Any]], task_id: str, task_path: str = ""
    ) -> None:
        """Keep nothing: see the module's text."""

    def get_next_version(self, current: int | None, channel: None) -> int:  # noqa: ARG002  the base class's signature
        """Count channel versions in whole numbers."""
        return (current or 0) + 1


def _named(config: RunnableConfig, checkpoint_id: str) -> RunnableConfig:
    thread = config.get("configurable", {}).get("thread_id", "")
    return {"configurable": {"thread_id": thread, "checkpoint_ns": "", "checkpoint_id": checkpoint_id}}
