"""Claims, fences, events and the journal."""

import subprocess
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from agentsite.accounts.models import User
from builds import selectors, services, sweeper
from builds.agent.ports import Outcome
from builds.agent.values import ModelReply
from builds.models.build import Build
from builds.models.run import Run, RunEvent
from builds.models.usage import TokenUsage
from builds.runs import events, fence, places, status
from builds.runs import owner as owner_names
from builds.runs.claim import MAX_ATTEMPTS, Claim, claim_next, release_dead, renew
from builds.runs.errors import StaleFence
from builds.runs.journal import RunJournal
from builds.runs.owner import here
from builds.runs.payer import Payer
from builds.states import State
from builds.workspace import BuildWorkspace, stored_tree

pytestmark = [pytest.mark.django_db, pytest.mark.engine]


def submit(user: User) -> Build:
    return services.submit_build(user=user, project_name="Roman", requirements="Roman numerals")


def claimed() -> Claim:
    claim = claim_next("worker")
    assert claim is not None
    return claim


def lose_lease(claim: Claim) -> None:
    Run.objects.filter(id=claim.run_id).update(lease_expires_at=timezone.now() - timedelta(seconds=1))


def test_a_run_is_claimed_once(owner: User) -> None:
    submit(owner)
    assert claim_next("one") is not None
    assert claim_next("two") is None


def test_the_oldest_build_goes_first(owner: User) -> None:
    first, _second = submit(owner), submit(owner)
    assert claimed().run_id == first.run_id


def test_one_users_many_builds_do_not_hold_up_anothers_one(owner: User, stranger: User) -> None:
    for _ in range(3):
        submit(owner)
    late = submit(stranger)
    claimed()
    assert claimed().run_id == late.run_id


def test_a_user_runs_no_more_builds_side_by_side_than_allowed(owner: User, settings: object) -> None:
    settings.AGENT_USER_CONCURRENCY = 1  # type: ignore[attr-defined]
    submit(owner)
    submit(owner)
    claimed()
    assert claim_next("worker") is None


def test_a_run_whose_lease_ran_out_is_claimed_with_a_new_fence(owner: User) -> None:
    submit(owner)
    old = claimed()
    lose_lease(old)
    new = claimed()
    assert (new.run_id, new.fence, new.attempt) == (old.run_id, old.fence + 1, 2)


def test_a_worker_that_was_replaced_can_write_nothing(owner: User) -> None:
    build = submit(owner)
    old = claimed()
    lose_lease(old)
    claimed()
    assert not renew(old, worked_seconds=15)
    with pytest.raises(StaleFence), fence.held(old.run_id, old.fence):
        pass
    with pytest.raises(StaleFence):
        BuildWorkspace(old, build.id, lambda _path: False).save(1, {"a.py": "x"})
    with pytest.raises(StaleFence):
        services.confirm_cancel(run_id=old.run_id, fence=old.fence)
    with pytest.raises(StaleFence):
        RunJournal(old, Payer(build.id)).once("model", "plan.1.plan", {}, lambda: Outcome({}))
    assert stored_tree(build.id, 1) == {}


def test_a_worker_that_was_replaced_before_it_began_cannot_say_that_it_did(owner: User) -> None:
    build = submit(owner)
    first = claimed()
    lose_lease(first)
    second = claimed()
    with pytest.raises(StaleFence):
        services.begin_build(run_id=first.run_id, fence=first.fence, model="late:one", sandbox={})
    services.begin_build(run_id=second.run_id, fence=second.fence, model="prompt:one", sandbox={})
    kinds = [event.kind for event in selectors.timeline_after(build.run_id, 0)]
    assert (kinds, Build.objects.get().model) == (["build.submitted", "build.started"], "prompt:one")


def test_event_numbers_have_no_gaps(owner: User) -> None:
    run = submit(owner).run
    for _ in range(3):
        with transaction.atomic():
            events.record(run.id, events.NewEvent("a.happened"), events.NewEvent("b.happened"))
    assert [event.seq for event in selectors.timeline_after(run.id, 0)] == [1, 2, 3, 4, 5, 6, 7]
    assert selectors.last_seq(run.id) == 7


def test_an_event_is_undone_with_its_transaction(owner: User) -> None:
    run = submit(owner).run

    def record_then_break() -> None:
        with transaction.atomic():
            events.record(run.id, events.NewEvent("a.happened"))
            raise LookupError

    with pytest.raises(LookupError):
        record_then_break()
    assert selectors.last_seq(run.id) == 1


def test_a_payload_that_is_too_large_is_cut(owner: User) -> None:
    run = submit(owner).run
    with transaction.atomic():
        events.record(
            run.id, events.NewEvent("a.happened", {"text": "x" * 100_000, "rows": list(range(50_000)), "n": 1})
        )
    payload = RunEvent.objects.get(kind="a.happened").payload
    assert payload["n"] == 1
    assert payload["is_cut"] is True
    assert len(payload["text"]) < 10_000


def test_an_effect_happens_once(owner: User) -> None:
    build = submit(owner)
    journal = RunJournal(claimed(), Payer(build.id))
    calls: list[int] = []

    def perform() -> Outcome:
        calls.append(1)
        return Outcome({"n": len(calls)}, (("thing.done", {}),))

    assert journal.once("sandbox", "test.1.run", "tree", perform) == {"n": 1}
    assert journal.once("sandbox", "test.1.run", "tree", perform) == {"n": 1}
    assert RunEvent.objects.filter(kind="thing.done").count() == 1


def test_another_input_is_another_effect(owner: User) -> None:
    build = submit(owner)
    journal = RunJournal(claimed(), Payer(build.id))
    for tree in ("one", "two"):
        assert journal.once("sandbox", "test.1.run", tree, lambda t=tree: Outcome({"t": t})) == {"t": tree}  # type: ignore[misc]


def test_a_model_call_is_charged_once(owner: User) -> None:
    build = submit(owner)
    journal = RunJournal(claimed(), Payer(build.id))
    reply = ModelReply(text="yes", model="openai:gpt-4o", tokens_input=1000, tokens_output=1000)
    for _ in range(2):
        journal.once("model", "plan.1.plan", {}, lambda: Outcome(reply.model_dump(mode="json"), usage=reply))
    usage = TokenUsage.objects.get()
    assert (usage.tokens_total, usage.provider, usage.build_id) == (2000, "openai", build.id)
    assert usage.cost_usd > 0


def test_a_final_run_has_no_exit(owner: User) -> None:
    build = services.cancel_build(user=owner, build=submit(owner))
    with pytest.raises(StaleFence):
        status.end(build.run_id, State.COMPLETED, fence=None)


def test_the_sweeper_closes_a_run_that_was_tried_too_often(owner: User) -> None:
    build = submit(owner)
    for _ in range(MAX_ATTEMPTS):
        lose_lease(claimed())
    sweeper.sweep()
    build.refresh_from_db()
    assert (build.status, build.error_code) == (State.FAILED, "build.worn_out")


def test_a_run_that_was_dropped_is_taken_over_at_once_and_the_attempt_counts(owner: User) -> None:
    build = submit(owner)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claim = claimed()
        assert claim.attempt == attempt
        assert status.drop(claim.run_id, claim.fence)
    assert claim_next("somebody") is None
    sweeper.sweep()
    build.refresh_from_db()
    assert build.error_code == "build.worn_out"


def test_a_run_that_is_to_be_cancelled_is_not_dropped(owner: User) -> None:
    build = submit(owner)
    claim = claimed()
    services.cancel_build(user=owner, build=build)
    assert not status.drop(claim.run_id, claim.fence)


def test_the_sweeper_confirms_a_cancel_whose_worker_died(owner: User) -> None:
    build = submit(owner)
    claim = claimed()
    services.cancel_build(user=owner, build=build)
    lose_lease(claim)
    sweeper.sweep()
    build.refresh_from_db()
    assert build.status == State.CANCELLED


def test_storing_an_attempt_again_changes_nothing(owner: User) -> None:
    build = submit(owner)
    workspace = BuildWorkspace(claimed(), build.id, lambda path: path.startswith("test_"))
    tree = {"a.py": "x = 1\n", "test_a.py": "assert True\n"}
    assert workspace.save(1, tree) == workspace.save(1, tree)
    assert workspace.load(1) == tree
    assert selectors.attempts(build.id) == [1]


def test_a_place_in_the_queue_can_be_seen(owner: User, stranger: User) -> None:
    first, second, other = submit(owner), submit(owner), submit(stranger)
    found = [places.place_of(build.run) for build in (first, second, other)]
    assert [place and place.position for place in found] == [1, 3, 2]


def test_the_queue_is_served_in_the_order_that_it_shows(owner: User, stranger: User) -> None:
    builds = [submit(user) for user in (owner, owner, owner, stranger, stranger)]
    shown = {place.position: build.run_id for build in builds if (place := places.place_of(build.run))}
    assert [shown[number] for number in sorted(shown)][:4] == [claimed().run_id for _ in range(4)]


def test_a_run_that_is_worked_on_has_no_place(owner: User) -> None:
    build = submit(owner)
    claimed()
    build.run.refresh_from_db()
    assert places.place_of(build.run) is None


def test_attempts_that_get_somewhere_are_not_counted(owner: User) -> None:
    build = submit(owner)
    for number in range(2 * MAX_ATTEMPTS):
        claim = claimed()
        RunJournal(claim, Payer(build.id)).once("sandbox", f"test.{number}.run", "tree", lambda: Outcome({}))
        lose_lease(claim)
    assert Run.objects.get().attempts == 0


def test_a_run_of_a_process_that_has_died_here_is_free_at_once(owner: User) -> None:
    submit(owner)
    with subprocess.Popen(["sleep", "60"]) as process:
        holder = f"{here()}{process.pid}/{owner_names._start_now(process.pid)}:1"
        claim = claim_next(holder)
        assert release_dead() == 0
        process.kill()
    assert claim is not None
    assert release_dead() == 1
    assert claimed().fence == claim.fence + 1


@pytest.mark.parametrize("holder", ["elsewhere/4026531836/1/5:1", "worker", f"{here()}x/y:1"])
def test_a_lease_of_whom_nothing_is_known_runs_out_by_the_clock(owner: User, holder: str) -> None:
    submit(owner)
    claim_next(holder)
    assert release_dead() == 0
