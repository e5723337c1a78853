"""Hard limits on money: what could cost more than is left is not asked for, however many ask at once."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.db import connection
from django.db.models import Sum
from django.utils import timezone

from agentsite.accounts import keys
from agentsite.accounts.models import ApiKey, User
from builds import housekeeping, removal, services
from builds.agent.errors import AgentError, TransientError
from builds.agent.ports import CallBound, Outcome
from builds.agent.values import ModelReply
from builds.models.build import Build
from builds.models.reservation import Reservation, ReservationState
from builds.models.usage import TokenUsage
from builds.runs import budget
from builds.runs.claim import Claim, claim_next
from builds.runs.journal import RunJournal
from builds.runs.payer import Payer
from builds.states import State
from tests.flows.servers import ROOT
from tests.flows.spending import BOUND, REPLY
from tests.flows.worlds import built, model_server, submitted
from tests.stand_ins import scripts

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.engine]
COST = Decimal("0.0125")
"""Of the one call, by the list price of 2.50 and 10 dollars for a million tokens."""


@pytest.fixture(autouse=True)
def _many_at_once(settings: Any) -> None:
    settings.AGENT_USER_CONCURRENCY = 64


@pytest.fixture
def limited(owner: User) -> User:
    owner.budget_usd_monthly = 2 * COST
    owner.save()
    return owner


def taken_up(user: User, **more: Any) -> tuple[Build, Claim]:
    build = submitted(user, **more)
    claim = claim_next("worker", run_id=build.run_id)
    assert claim is not None
    return build, claim


def call(
    build: Build, claim: Claim, step: str, *, bound: CallBound = BOUND, perform: Callable[[], Outcome] | None = None
) -> None:
    answered = perform or (lambda: Outcome(REPLY.model_dump(mode="json"), usage=REPLY))
    RunJournal(claim, Payer(build.id)).once("model", step, {}, answered, bound=bound)


def fails(error: BaseException) -> Callable[[], Outcome]:
    def perform() -> Outcome:
        raise error

    return perform


def test_the_call_that_would_break_the_months_limit_is_not_made(limited: User) -> None:
    build, claim = taken_up(limited)
    call(build, claim, "plan.1.plan")
    call(build, claim, "plan.2.plan")
    with pytest.raises(AgentError, match=r"budget\.exhausted") as refused:
        call(build, claim, "plan.3.plan", perform=lambda: pytest.fail("it was made"))
    assert refused.value.details["scope"] == "month"
    assert TokenUsage.objects.aggregate(total=Sum("cost_usd"))["total"] == 2 * COST


def test_all_builds_of_a_person_share_the_months_limit(limited: User) -> None:
    for _ in range(2):
        call(*taken_up(limited), "plan.1.plan")
    with pytest.raises(AgentError, match=r"budget\.exhausted"):
        call(*taken_up(limited), "plan.1.plan")


def keyed(user: User, made: keys.NewKey) -> Build:
    """Return a build that has spent what its key had for a month, and ended."""
    build, claim = taken_up(user, api_key=made.key)
    call(build, claim, "plan.1.plan")
    services.cancel_build(user=user, build=build)
    services.confirm_cancel(run_id=build.run_id, fence=claim.fence)
    return Build.objects.get(pk=build.pk)


def assert_key_has_nothing_left(user: User, key: ApiKey) -> None:
    with pytest.raises(AgentError, match=r"budget\.exhausted") as refused:
        call(*taken_up(user, api_key=key), "plan.1.plan")
    assert refused.value.details["scope"] == "key"


def test_deleting_a_build_gives_its_key_no_money_back(owner: User) -> None:
    made = keys.create_api_key(user=owner, name="ci", budget_usd_monthly=COST)
    removal.delete_build(user=owner, build=keyed(owner, made))
    assert_key_has_nothing_left(owner, made.key)


def test_a_rotated_key_and_its_successor_share_their_money(owner: User) -> None:
    made = keys.create_api_key(user=owner, name="ci", budget_usd_monthly=COST)
    keyed(owner, made)
    new = keys.rotate_api_key(user=owner, key=made.key)
    assert_key_has_nothing_left(owner, new.key)
    other = keys.create_api_key(user=owner, name="other", budget_usd_monthly=COST)
    call(*taken_up(owner, api_key=other.key), "plan.1.plan")


def test_a_call_under_way_when_the_month_turns_is_held_against_the_new_one(owner: User) -> None:
    Reservation.objects.create(user=owner, call_key="now", amount_usd=COST)
    old = Reservation.objects.create(user=owner, call_key="a day ago", amount_usd=COST)
    Reservation.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=1))
    just_now = timezone.now() + timedelta(seconds=1)
    assert budget.committed_usd(user_id=owner.pk, since=just_now) == COST


def held() -> int:
    return Reservation.objects.filter(state=ReservationState.HELD).count()


def test_an_answer_that_broke_off_stays_set_aside_when_it_is_asked_for_again(limited: User) -> None:
    build, claim = taken_up(limited)
    with pytest.raises(TransientError):
        call(build, claim, "plan.1.plan", perform=fails(TransientError("model.cut_off")))
    again = replace(BOUND, tries_before=1)
    with pytest.raises(TransientError):
        call(build, claim, "plan.1.plan", bound=again, perform=fails(TransientError("model.overloaded")))
    assert held() == 1
    call(build, claim, "plan.1.plan", bound=again)
    assert held() == 1
    assert TokenUsage.objects.count() == 1


def test_a_call_whose_first_holder_was_killed_stays_set_aside_whatever_the_next_one_meets(limited: User) -> None:
    build, claim = taken_up(limited)
    with pytest.raises(KeyboardInterrupt):
        call(build, claim, "plan.1.plan", perform=fails(KeyboardInterrupt()))
    with pytest.raises(TransientError):
        call(build, claim, "plan.1.plan", perform=fails(TransientError("model.overloaded")))
    assert held() == 1


def test_what_is_asked_again_in_a_new_month_is_set_aside_there(limited: User) -> None:
    build, claim = taken_up(limited)
    with pytest.raises(KeyboardInterrupt):
        call(build, claim, "plan.1.plan", perform=fails(KeyboardInterrupt()))
    Reservation.objects.update(created_at=timezone.now() - timedelta(days=32))
    with pytest.raises(KeyboardInterrupt):
        call(build, claim, "plan.1.plan", perform=fails(KeyboardInterrupt()))
    assert Reservation.objects.get().created_at > timezone.now() - timedelta(minutes=1)


def test_one_persons_spending_is_nobody_elses(limited: User, stranger: User) -> None:
    Reservation.objects.create(user=stranger, call_key="theirs", amount_usd=100)
    call(*taken_up(limited), "plan.1.plan")
    assert TokenUsage.objects.get().user == limited


def test_what_was_spent_last_month_does_not_count(limited: User) -> None:
    build, claim = taken_up(limited)
    for number in range(2):
        call(build, claim, f"plan.{number}.plan")
    TokenUsage.objects.update(created_at=timezone.now() - timedelta(days=32))
    call(build, claim, "plan.3.plan")


def test_a_call_is_set_aside_at_its_dearest_and_settled_at_its_cost(limited: User) -> None:
    short = ModelReply(text="yes", model=BOUND.model, tokens_input=10, tokens_output=10)
    build, claim = taken_up(limited)

    def perform() -> Outcome:
        held = Reservation.objects.get()
        assert (held.amount_usd, held.state) == (COST, ReservationState.HELD)
        return Outcome(short.model_dump(mode="json"), usage=short)

    for number in range(4):
        call(build, claim, f"plan.{number}.plan", perform=perform)
        Reservation.objects.filter(state=ReservationState.SETTLED).delete()
    assert TokenUsage.objects.count() == 4


@pytest.mark.parametrize("code", ["model.overloaded", "model.unreachable"])
def test_a_call_that_cost_nothing_for_certain_is_let_go_of(limited: User, code: str) -> None:
    build, claim = taken_up(limited)
    for number in range(3):
        with pytest.raises(TransientError):
            call(build, claim, f"plan.{number}.plan", perform=fails(TransientError(code)))
    assert set(Reservation.objects.values_list("state", flat=True)) == {ReservationState.RELEASED}
    call(build, claim, "plan.1.plan")


def test_a_call_of_which_nobody_knows_what_it_cost_stays_set_aside_and_is_its_own_when_made_again(
    limited: User,
) -> None:
    build, claim = taken_up(limited)
    for number in range(2):
        with pytest.raises(TransientError):
            call(build, claim, f"plan.{number}.plan", perform=fails(TransientError("model.cut_off")))
    with pytest.raises(AgentError, match=r"budget\.exhausted"):
        call(build, claim, "plan.3.plan")
    call(build, claim, "plan.1.plan")
    assert Reservation.objects.filter(state=ReservationState.HELD).count() == 1


def test_what_is_stored_needs_no_money(limited: User) -> None:
    build, claim = taken_up(limited)
    call(build, claim, "plan.1.plan")
    limited.budget_usd_monthly = Decimal(0)
    limited.save()
    call(build, claim, "plan.1.plan", perform=lambda: pytest.fail("it was made"))


def test_a_builds_own_limit_counts_what_is_set_aside(owner: User) -> None:
    build, claim = taken_up(owner, budget_usd=COST)
    with pytest.raises(TransientError):
        call(build, claim, "plan.1.plan", perform=fails(TransientError("model.timeout")))
    with pytest.raises(AgentError, match=r"budget\.exhausted") as refused:
        call(build, claim, "plan.2.plan")
    assert refused.value.details == {"scope": "build", "limit_usd": "0.012500", "left_usd": "0.000000"}


def test_a_model_without_a_price_is_not_free_where_there_is_a_limit(limited: User) -> None:
    with pytest.raises(AgentError, match=r"budget\.no_price"):
        call(*taken_up(limited), "plan.1.plan", bound=CallBound("openai:nobody-knows", 10, 10))
    limited.budget_usd_monthly = None
    limited.save()
    call(*taken_up(limited), "plan.1.plan", bound=CallBound("openai:nobody-knows", 10, 10))


def test_what_no_months_limit_counts_any_more_is_deleted(owner: User) -> None:
    for days, state in ((36, "settled"), (36, "held"), (71, "held"), (1, "released")):
        row = Reservation.objects.create(user=owner, call_key=f"{state} {days}", amount_usd=1, state=state)
        Reservation.objects.filter(id=row.id).update(created_at=timezone.now() - timedelta(days=days))
    assert housekeeping.tidy()["reservations"] == 2
    assert set(Reservation.objects.values_list("call_key", flat=True)) == {"held 36", "released 1"}


@pytest.mark.sandbox
def test_a_build_beyond_the_months_limit_stops_before_the_call(limited: User) -> None:
    with model_server(scripts.GOOD_BUILD) as server:
        build = built(limited)
    assert (build.status, build.error_code, server.requests) == (State.FAILED, "budget.no_price", [])


@pytest.mark.services
def test_of_200_calls_at_once_from_several_processes_exactly_the_50_that_fit_are_made(owner: User) -> None:
    owner.budget_usd_monthly = 50 * COST
    owner.save()
    made = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    environment = os.environ | {"DATABASE_URL": urlunsplit(made), "DJANGO_SETTINGS_MODULE": "agentsite.settings"}
    processes = []
    for _ in range(4):
        build, claim = taken_up(owner)
        words = [sys.executable, "-m", "tests.flows.spending", build.id, claim.run_id, claim.fence, 50]
        started = subprocess.Popen(list(map(str, words)), cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
        processes.append(started)
    told = [process.communicate(timeout=60)[0].split() for process in processes]
    assert sum(int(made) for made, _ in told) == 50
    assert sum(int(refused) for _, refused in told) == 150
    assert TokenUsage.objects.aggregate(total=Sum("cost_usd"))["total"] == 50 * COST
