"""A journal in memory."""

import json
from collections import defaultdict
from collections.abc import Callable
from hashlib import sha256
from threading import Lock

from builds.agent.errors import AgentError
from builds.agent.ports import CallBound, EventSink, Outcome
from builds.agent.speech.values import Transcript
from builds.agent.values import JsonDict, ModelReply

Key = tuple[str, str, str]


class MemoryJournal:
    """Store each effect's result under kind, step and hash of its input, as plain JSON.

    A repeated key returns the stored result and performs nothing; what raises is not stored. Two threads with one key
    perform it once.

    :param events: gets the events that an outcome tells of, when it is stored.
    :param can_afford: whether a call that can be so much may be made.
    """

    def __init__(
        self, events: EventSink | None = None, can_afford: Callable[[CallBound], bool] = lambda _bound: True
    ) -> None:
        self.results: dict[Key, JsonDict] = {}
        self.usages: list[ModelReply | Transcript] = []
        self._events = events
        self._can_afford = can_afford
        self._lock = Lock()
        self._key_locks: defaultdict[Key, Lock] = defaultdict(Lock)

    def once(
        self, kind: str, step: str, given: object, perform: Callable[[], Outcome], *, bound: CallBound | None = None
    ) -> JsonDict:
        """Return the stored result for this step and input, or perform the effect and store it.

        :raises AgentError: ``budget.exhausted``.
        """
        key = (kind, step, sha256(json.dumps(given, sort_keys=True).encode()).hexdigest())
        with self._lock:
            key_lock = self._key_locks[key]
        with key_lock:
            if key not in self.results:
                if bound is not None and not self._can_afford(bound):
                    raise AgentError("budget.exhausted")
                self._store(key, perform())
            return self.results[key]

    def _store(self, key: Key, outcome: Outcome) -> None:
        result: JsonDict = json.loads(json.dumps(outcome.result))
        with self._lock:
            self.results[key] = result
            if outcome.usage is not None:
                self.usages.append(outcome.usage)
        if self._events is not None:
            for kind, payload in outcome.events:
                self._events.emit(kind, payload)
