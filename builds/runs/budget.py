"""Hard limits on money: the dearest outcome of a call is set aside before it is made, and settled by what it cost.

Limits are a build's own, and those of its key and of its owner for the calendar month (UTC); a key that was rotated and
its successor share theirs, and what a deleted build cost still counts. What is spent stands in
the ledger, what is set aside in reservations; the owner's row is locked while both are added up, so calls side by side
can't overspend.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from agentsite.accounts.models import User
from builds.agent.errors import AgentError
from builds.agent.llm import prices
from builds.agent.llm.faults import FREE_OF_CHARGE
from builds.agent.ports import CallBound
from builds.agent.speech import values as speech
from builds.models.reservation import Reservation, ReservationState
from builds.models.usage import TokenUsage
from builds.runs import pricing
from builds.runs.payer import Account, Payer

LONGEST_CALL = timedelta(hours=1)
"""What was set aside longer ago is not under way any more: its worker died."""
_BYTES_PER_TOKEN = 1  # an upper bound: no tokenizer makes more tokens than bytes


def reserve(payer: Payer, call_key: str, bound: CallBound) -> bool:
    """Set aside what a call can cost at most, in the open transaction; False when it was set aside before.

    :raises AgentError: ``budget.exhausted`` when that is more than is left; ``budget.no_price`` when there is a limit
        and nobody can say what the model costs.
    """
    account = payer.account()
    dearest = _dearest(bound)
    if dearest is None and account.is_limited:
        raise AgentError("budget.no_price", model=bound.model)
    if not dearest:
        return True
    if account.is_limited:
        _one_at_a_time(account.user_id)
    now = timezone.now()
    held_since = _held(Q(call_key=call_key)).values_list("created_at", flat=True).first()
    if held_since is not None and held_since >= month_start(now):
        return False
    for scope, limit, committed in _limits(payer, account, now):
        if committed + dearest > limit:
            raise AgentError("budget.exhausted", scope=scope, limit_usd=str(limit), left_usd=str(limit - committed))
    given: dict[str, Any] = {"user_id": account.user_id, "api_key_id": account.api_key_id, "created_at": now}
    given |= {"amount_usd": dearest, "state": ReservationState.HELD}
    Reservation.objects.update_or_create(call_key=call_key, defaults=given | payer.columns())
    return held_since is None


def settle(call_key: str) -> None:
    """Let go of what was set aside for a call, in the transaction that writes its cost into the ledger."""
    _held(Q(call_key=call_key)).update(state=ReservationState.SETTLED)


def release_after(error: AgentError, call_key: str) -> None:
    """Let go of what was set aside for a call that failed, if it cost nothing for certain."""
    if error.code in FREE_OF_CHARGE | speech.FREE_OF_CHARGE:
        _held(Q(call_key=call_key)).update(state=ReservationState.RELEASED)


def month_start(now: datetime) -> datetime:
    """Return when the month's budget began."""
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def committed_usd(*, user_id: int, since: datetime) -> Decimal:
    """Return what somebody has spent and set aside since then."""
    return _committed(user_id, Q(user_id=user_id), since)


def _dearest(bound: CallBound) -> Decimal | None:
    if bound.audio_seconds:
        return pricing.price_of_speech_usd(bound.audio_seconds)
    return pricing.price_usd(bound.model, bound.input_bytes // _BYTES_PER_TOKEN, bound.max_output_tokens)


def _limits(payer: Payer, account: Account, now: datetime) -> Iterator[tuple[str, Decimal, Decimal]]:
    theirs = Q(user_id=account.user_id)
    counted: dict[str, tuple[Q, datetime | None]] = {
        "build": (Q(build_id=payer.build_id), None),
        "key": (theirs & Q(api_key__family=account.api_key_family), month_start(now)),
        "month": (theirs, month_start(now)),
    }
    for scope, limit in account.limits.items():
        if limit is not None:
            yield scope, limit, _committed(account.user_id, *counted[scope])


def _committed(user_id: int, whose: Q, since: datetime | None) -> Decimal:
    in_ledger = Q(created_at__gte=since) if since else Q()
    # What is under way when the month turns will be charged to the new one.
    under_way = Q(created_at__gte=min(since, timezone.now() - LONGEST_CALL)) if since else Q()
    # One statement: between two, a call could be settled, and would stand in neither or in both.
    spent = _sum(TokenUsage.objects.filter(whose, in_ledger), "cost_usd")
    held = _sum(_held(whose & under_way), "amount_usd")
    total = User.objects.filter(id=user_id).values_list(spent + held, flat=True).get()
    return Decimal(total).quantize(prices.MICRO)  # SQLite adds up in floating point


def _sum(rows: QuerySet[Any], column: str) -> Coalesce:
    one_group = rows.order_by().annotate(all=Value(1)).values("all")
    return Coalesce(Subquery(one_group.annotate(total=Sum(column)).values("total")), Value(Decimal(0)))


def _held(which: Q) -> QuerySet[Reservation]:
    return Reservation.objects.filter(which, state=ReservationState.HELD)


def _one_at_a_time(user_id: int) -> None:
    # Without the key: whoever inserts a row of this person's is not held up.
    User.objects.select_for_update(no_key=True).only("id").get(id=user_id)
