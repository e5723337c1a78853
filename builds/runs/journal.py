"""The journal: an effect's result is stored before it is used, so that a run that goes on never repeats it."""

import contextlib
import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import cast
from uuid import UUID

from django.db import connection
from django.utils import timezone

from agentsite.common.texts import storable
from builds.agent.errors import AgentError
from builds.agent.ports import CallBound, Outcome
from builds.agent.values import JsonDict
from builds.models.run import Effect, EffectState
from builds.runs import budget, events, fence, ledger
from builds.runs.claim import Claim, note_progress
from builds.runs.errors import StaleFence
from builds.runs.payer import Payer


def effect_key(step: str, given: object) -> str:
    """Return the deterministic key of an effect inside its run."""
    text = json.dumps(given, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return f"{step}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:32]}"


def copy_effects(source_id: UUID, target_id: UUID, *, is_wanted: Callable[[Effect], bool]) -> int:
    """Let a new run, which nobody has claimed, have the results of an ended one; return how many.

    The ledger is not touched: what was asked for then was charged then.
    """
    stored = Effect.objects.filter(run_id=source_id, state=EffectState.DONE)
    rows = [
        Effect(
            run_id=target_id,
            key=effect.key,
            kind=effect.kind,
            result=effect.result,
            created_at=effect.created_at,
            finished_at=effect.finished_at,
        )
        for effect in stored
        if is_wanted(effect)
    ]
    return len(Effect.objects.bulk_create(rows))


class RunJournal:
    """The journal of one claimed run; each result, its events and its ledger entry are one fenced transaction."""

    def __init__(self, claim: Claim, payer: Payer) -> None:
        self._claim = claim
        self._payer = payer

    def once(
        self, kind: str, step: str, given: object, perform: Callable[[], Outcome], *, bound: CallBound | None = None
    ) -> JsonDict:
        """Return the stored result, or perform the effect and store it.

        :raises StaleFence: the run was taken over while the effect happened; its result is dropped.
        :raises AgentError: ``budget.*``: it could cost more than is left, and was not performed.
        """
        key = effect_key(step, given)
        stored = Effect.objects.filter(run_id=self._claim.run_id, key=key, state=EffectState.DONE).first()
        if stored is not None:
            return cast("JsonDict", stored.result)
        hand_connection_back()
        started_at = timezone.now()
        outcome = perform() if bound is None else self._within_budget(key, bound, perform)
        return self._store(kind, step, key, outcome, started_at, bound)

    def _within_budget(self, key: str, bound: CallBound, perform: Callable[[], Outcome]) -> Outcome:
        set_aside = self._reservation_key(key, bound)
        with fence.held(self._claim.run_id, self._claim.fence):
            is_new = budget.reserve(self._payer, set_aside, bound)
        hand_connection_back()
        try:
            return perform()
        except AgentError as error:
            if not is_new:  # somebody was interrupted in this very call before: nobody knows what that has cost
                raise
            with contextlib.suppress(StaleFence), fence.held(self._claim.run_id, self._claim.fence):
                budget.release_after(error, set_aside)
            raise

    def _store(
        self, kind: str, step: str, key: str, outcome: Outcome, started_at: datetime, bound: CallBound | None
    ) -> JsonDict:
        result: JsonDict = storable(outcome.result)
        with fence.held(self._claim.run_id, self._claim.fence):
            Effect.objects.create(
                run_id=self._claim.run_id,
                key=key,
                kind=kind,
                result=result,
                created_at=started_at,
                finished_at=timezone.now(),
            )
            note_progress(self._claim)
            if outcome.usage is not None:
                ledger.charge(self._payer, self._call_key(key), step, outcome.usage)
                if bound is not None:
                    budget.settle(self._reservation_key(key, bound))
            node = step.partition(".")[0]
            events.record(
                self._claim.run_id, *(events.NewEvent(name, payload, node) for name, payload in outcome.events)
            )
        return result

    def _call_key(self, key: str) -> str:
        return f"{self._claim.run_id}:{key}"

    def _reservation_key(self, key: str, bound: CallBound) -> str:
        return self._call_key(key) + (f"#{bound.tries_before}" if bound.tries_before else "")


def hand_connection_back() -> None:
    """Hold no connection while a model or a sandbox works: others need it, and it could be broken when it is over."""
    if not connection.in_atomic_block:
        connection.close()
