"""Going on with a build that failed: what was finished is taken over, what failed is tried again."""

from typing import Any

import pytest

from agentsite.accounts.models import User
from builds import lineage, runner, selectors, services
from builds.agent.scripted.model import ScriptedModel
from builds.models.build import Build
from builds.models.run import Effect, RunEvent
from builds.models.usage import TokenUsage
from builds.runner import Engines
from builds.states import State
from tests.flows.worlds import built, ended, model_server, submitted
from tests.stand_ins import scripts
from tests.stand_ins.replies import Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, pytest.mark.engine]
NOTHING = Reply("I would rather talk about the weather.")


def retried(user: User, build: Build) -> Build:
    again = services.retry_build(user=user, build=build, from_node="failed")
    return ended(again)


def purposes(server: Any) -> list[str]:
    return sorted(request.purpose for request in server.requests)


@pytest.mark.parametrize(
    ("failing", "code", "asked_again"),
    [
        ({"analyse": (NOTHING, NOTHING)}, "model.bad_answer", ["analyse", "code", "plan", "tests"]),
        ({"plan": (NOTHING, NOTHING)}, "model.bad_answer", ["code", "plan", "tests"]),
        ({"plan": (Reply(status=401),)}, "model.not_authorised", ["code", "plan", "tests"]),
        ({"plan": (Reply("No.", finish_reason="content_filter"),)}, "model.refused", ["code", "plan", "tests"]),
        ({"code": (NOTHING,), "format": (NOTHING,)}, "model.no_files", ["code"]),
        ({"code": (Reply(status=404),)}, "model.not_found", ["code"]),
        ({"tests": (Reply(status=404),)}, "model.not_found", ["tests"]),
    ],
)
def test_only_the_step_that_failed_and_what_follows_is_asked_again(
    owner: User, failing: dict[str, tuple[Reply, ...]], code: str, asked_again: list[str]
) -> None:
    with model_server({**scripts.GOOD_BUILD, **failing}):
        build = built(owner)
    assert build.error_code == code
    with model_server(scripts.GOOD_BUILD) as server:
        again = retried(owner, build)
    assert purposes(server) == asked_again
    assert (again.status, again.verification, again.parent) == (State.COMPLETED, "verified", build)


def test_what_was_paid_for_is_not_charged_twice(owner: User) -> None:
    with model_server({**scripts.GOOD_BUILD, "plan": (Reply(status=401),)}):
        build = built(owner)
    with model_server(scripts.GOOD_BUILD) as server:
        again = retried(owner, build)
    assert TokenUsage.objects.filter(build=again).count() == len(server.requests) == 3
    assert TokenUsage.objects.filter(build=build).count() == 1
    assert Effect.objects.filter(run=again.run, key__startswith="analyse.1.analyse:").count() == 1


def test_a_build_whose_tests_still_failed_is_repaired_on(owner: User) -> None:
    with model_server(scripts.NEVER_PASSES):
        build = built(owner)
    assert build.error_code == "build.stuck"
    with model_server({"repair": (Reply(scripts.REPAIR),)}) as server:
        again = retried(owner, build)
    assert purposes(server) == ["repair"]
    assert "Earlier repairs did not help" in str(server.requests[0].body)
    assert (again.status, again.verification) == (State.COMPLETED, "verified")
    assert selectors.attempts(again.id) == [*selectors.attempts(build.id), selectors.attempts(build.id)[-1] + 1]


def test_a_build_that_is_repaired_on_has_all_its_repairs_anew(owner: User, settings: Any) -> None:
    settings.AGENT_MAX_REPAIRS = 1
    useless = [f"verdict: code\n{scripts.BUGGY_CODE.replace('Turn', word)}" for word in ("Change", "Make", "Bring")]
    with model_server({**scripts.NEVER_PASSES, "repair": (Reply(useless[0]),)}):
        build = built(owner)
    assert build.error_code == "tests.failing"
    for text in useless[1:]:
        with model_server({"repair": (Reply(text),)}) as server:
            build = retried(owner, build)
        assert (build.error_code, purposes(server)) == ("tests.failing", ["repair"])
    with model_server({"repair": (Reply(scripts.REPAIR),)}):
        assert retried(owner, build).verification == "verified"


def test_a_model_that_failed_in_a_repair_is_asked_for_the_repair_only(owner: User) -> None:
    with model_server({**scripts.FAILS_THEN_PASSES, "repair": (Reply(status=401),)}):
        build = built(owner)
    assert build.error_code == "model.not_authorised"
    with model_server({"repair": (Reply(scripts.REPAIR),)}) as server:
        again = retried(owner, build)
    assert (purposes(server), again.verification) == (["repair"], "verified")


def test_a_cancelled_build_is_gone_on_with_where_it_stopped(owner: User) -> None:
    build = submitted(owner)

    class Asked(ScriptedModel):
        def complete(self, request: Any, **rest: Any) -> Any:
            if request.purpose == "plan":
                services.cancel_build(user=owner, build=build)
            return super().complete(request, **rest)

    asked = Asked({**scripts.as_texts(scripts.GOOD_BUILD), "plan": [scripts.PLAN] * 2})
    runner.run_next(engines=Engines(model=lambda _name: asked))
    build.refresh_from_db()
    assert build.status == State.CANCELLED
    with model_server(scripts.GOOD_BUILD) as server:
        again = retried(owner, build)
    assert "analyse" not in purposes(server)
    assert again.verification == "verified"


def test_a_build_that_was_cancelled_before_it_began_begins_at_the_start(owner: User) -> None:
    build = services.cancel_build(user=owner, build=submitted(owner))
    assert not lineage.has_failed_step(build)
    with model_server(scripts.GOOD_BUILD):
        assert retried(owner, build).verification == "verified"


def test_a_retry_that_fails_before_it_begins_keeps_what_it_took_over(owner: User) -> None:
    with model_server({**scripts.GOOD_BUILD, "code": (Reply(status=401),)}):
        build = built(owner)
    broken = services.retry_build(user=owner, build=build, from_node="failed")
    Build.objects.filter(id=broken.id).update(wanted_model="nobody:knows")
    assert ended(broken).error_code == "model.unknown"
    Build.objects.filter(id=broken.id).update(wanted_model="")
    broken.refresh_from_db()
    with model_server(scripts.GOOD_BUILD) as server:
        again = retried(owner, broken)
    assert (purposes(server), again.verification) == (["code"], "verified")


def test_the_timeline_says_where_it_goes_on(owner: User) -> None:
    with model_server({**scripts.GOOD_BUILD, "plan": (Reply(status=401),)}):
        build = built(owner)
    with model_server(scripts.GOOD_BUILD):
        again = retried(owner, build)
    told = list(RunEvent.objects.filter(run=again.run).order_by("seq"))
    assert [event.kind for event in told[:2]] == ["build.submitted", "build.continued"]
    assert told[1].payload == {"parent": str(build.id), "node": "plan", "attempt": 0, "effects": 1}
    assert next(event.node for event in told if event.kind == "node.started") == "plan"
