"""Whole builds against a model server that speaks the real protocols."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from agentsite.accounts.models import User
from builds import engine, runner, selectors, services
from builds.agent.scripted.model import ScriptedModel
from builds.agent.values import ModelReply, ModelRequest, SandboxDescription, SandboxRequest, SandboxResult
from builds.background import InBackground
from builds.models.evidence import Evidence
from builds.models.run import Effect, Run, RunEvent
from builds.models.usage import TokenUsage
from builds.states import State
from tests.flows.worlds import ENGINES, built, model_server, submitted, wait_until
from tests.stand_ins import scripts
from tests.stand_ins.replies import Reply

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.sandbox, pytest.mark.engine_in_part]


def kinds(run_id: UUID) -> list[str]:
    return list(RunEvent.objects.filter(run_id=run_id).order_by("seq").values_list("kind", flat=True))


@pytest.mark.parametrize("provider", ["openai", "ollama"])
def test_a_request_becomes_a_verified_build(owner: User, provider: str) -> None:
    with model_server(scripts.GOOD_BUILD, provider=provider):
        build = built(owner)
    assert (build.status, build.verification, build.error_code) == (State.COMPLETED, "verified", "")
    assert "def slugify" in build.generated_code
    assert {row.kind: row.passed for row in Evidence.objects.all()} == {
        "clean_run": True,
        "acceptance": True,
        "reorder": True,
        "negative_control": True,
        "independence": True,
    }
    assert build.analysis.quality_score is not None


def test_the_requests_examples_are_proved(owner: User) -> None:
    with model_server(scripts.GOOD_BUILD):
        build = built(owner)
    examples = next(proof for proof in build.proofs if proof["kind"] == "examples")
    assert (examples["status"], examples["passed"], examples["total"]) == ("held", 2, 2)


def test_a_test_file_that_overwrites_the_examples_in_memory_gains_nothing(owner: User) -> None:
    sly = "import importlib\nimportlib.import_module('test_' + 'acceptance')._must_give = lambda *a: None\n"
    tests = f"```python test_zoo.py\n{sly}\nfrom slugify import slugify\n" + "".join(
        f"\n\ndef test_{word}():\n    assert slugify('{word.upper()}') == '{word}'\n"
        for word in ("one", "two", "three")
    )
    script = {**scripts.PASSES_OWN_TESTS_BUT_NOT_THE_EXAMPLE, "tests": (Reply(f"{tests}```"),)}
    with model_server(script):
        build = built(owner)
    examples = next(proof for proof in build.proofs if proof["kind"] == "examples")
    assert {row.kind: row.passed for row in Evidence.objects.all()}["clean_run"]
    assert (build.verification, examples["status"]) == ("unverified", "failed")


def test_a_build_without_examples_keeps_no_evidence_of_them(owner: User) -> None:
    with model_server(scripts.GOOD_BUILD):
        build = built(owner, "Write slugify(text), which turns a title into a part of a web address.")
    assert build.verification == "verified"
    assert set(Evidence.objects.values_list("kind", flat=True)) == {
        *("clean_run", "reorder", "negative_control", "independence")
    }


def test_each_call_stands_in_the_ledger_once(owner: User) -> None:
    with model_server(scripts.GOOD_BUILD) as server:
        build = built(owner)
    assert TokenUsage.objects.filter(build=build).count() == len(server.requests) == 4
    assert selectors.spending(build.id).tokens_output > 0


def test_code_that_fails_its_tests_is_repaired(owner: User) -> None:
    with model_server(scripts.FAILS_THEN_PASSES):
        build = built(owner)
    assert (build.status, build.verification) == (State.COMPLETED, "verified")
    assert selectors.attempts(build.id) == [1, 2]


def test_code_that_never_passes_fails_with_its_files_kept(owner: User) -> None:
    with model_server(scripts.NEVER_PASSES):
        build = built(owner)
    assert (build.status, build.verification) == (State.FAILED, "unverified")
    assert build.error_code in {"tests.failing", "build.stuck"}
    assert [file.path for file in selectors.files_of(build.id)].count("slugify.py") == 1
    assert build.test_results["outcome"] == "failed"


def test_code_that_fails_an_example_of_the_request_is_never_green(owner: User) -> None:
    with model_server(scripts.PASSES_OWN_TESTS_BUT_NOT_THE_EXAMPLE):
        build = built(owner)
    assert (build.status, build.verification) == (State.FAILED, "unverified")


def test_a_slow_model_is_waited_for(owner: User) -> None:
    with model_server(scripts.SLOW):
        assert built(owner).verification == "verified"


def test_a_model_that_cuts_off_is_asked_again(owner: User) -> None:
    with model_server(scripts.CUTS_OFF):
        assert built(owner).verification == "verified"


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        (Reply(""), "model.empty_answer"),
        (Reply(html="<html><body>502</body></html>"), "model.not_a_model"),
        (Reply("I cannot help with that.", finish_reason="content_filter"), "model.refused"),
        (Reply("\x00\x01\xff" * 50), "model.bad_answer"),
        (Reply("no json here"), "model.bad_answer"),
        (Reply("again and again\n" * 3000, chunk_size=500), "model.looping"),
        (Reply(status=401), "model.not_authorised"),
        (Reply(status=404), "model.not_found"),
    ],
)
def test_a_useless_model_ends_the_build_with_a_clear_code(owner: User, reply: Reply, code: str) -> None:
    with model_server(lambda _request: reply):
        build = built(owner)
    assert (build.status, build.error_code) == (State.FAILED, code)
    assert build.error_message
    assert build.completed_at is not None


def test_a_model_that_is_not_there_ends_the_build_where_nobody_wants_to_wait(owner: User, settings: Any) -> None:
    settings.AGENT_PROVIDER_WAIT_SECONDS = 0
    with model_server(scripts.GOOD_BUILD):
        pass
    build = built(owner, model="ollama:nobody")
    assert (build.status, build.error_code) == (State.FAILED, "model.unreachable")


def test_an_unsafe_path_is_refused_and_the_rest_is_used(owner: User) -> None:
    sly = f"```python ../../etc/passwd\nx = 1\n```\n\n{scripts.GOOD_CODE}"
    with model_server({**scripts.GOOD_BUILD, "code": (Reply(sly),)}):
        build = built(owner)
    refused = RunEvent.objects.get(run_id=build.run_id, kind="files.changed").payload["refused"]
    assert build.verification == "verified"
    assert len(refused) == 1
    assert "passwd" in refused[0]


HOSTILE = {
    "hangs": "while True:\n    pass\n",
    "forks": "import os\nwhile True:\n    os.fork()\n",
    "prints without end": "while True:\n    print('x' * 1000)\n",
    "fills the disk": "f = open('big', 'wb')\nwhile True:\n    f.write(b'x' * 1_000_000)\n",
    "leaves early": "import os\nos._exit(0)\n",
}


@pytest.mark.parametrize("what", list(HOSTILE))
def test_hostile_code_ends_the_build_and_is_never_green(owner: User, settings: Any, what: str) -> None:
    settings.SANDBOX_WALL_SECONDS = 4
    code = f"```python slugify.py\n{HOSTILE[what]}\n\ndef slugify(text):\n    return text\n```"
    useless = Reply(f"verdict: code\n{code}", is_endless=True)
    with model_server({**scripts.GOOD_BUILD, "code": (Reply(code),), "repair": (useless,)}):
        build = built(owner)
    assert (build.status, build.verification) == (State.FAILED, "unverified")
    assert build.error_code in {"build.stuck", "tests.failing"}


def test_events_tell_the_whole_story_without_gaps(owner: User) -> None:
    with model_server(scripts.FAILS_THEN_PASSES):
        build = built(owner)
    told = kinds(build.run_id)
    assert told[0] == "build.submitted"
    assert told[-1] == "build.completed"
    assert told.count("node.started") == told.count("node.finished") == 10
    numbers = RunEvent.objects.filter(run_id=build.run_id).order_by("seq").values_list("seq", flat=True)
    assert list(numbers) == list(range(1, len(told) + 1))


def test_a_running_build_is_cancelled_within_two_seconds(owner: User) -> None:
    slow = {purpose: (Reply("…", first_delay_seconds=30),) for purpose in scripts.GOOD_BUILD}
    with model_server(slow) as server:
        build = submitted(owner)
        with InBackground(runner.run_next):
            wait_until(lambda: bool(server.requests))
            asked_at = time.monotonic()
            services.cancel_build(user=owner, build=build)
        took = time.monotonic() - asked_at
    build.refresh_from_db()
    assert build.status == State.CANCELLED
    assert took < 2
    assert server.hang_ups == 1


def test_a_build_that_takes_too_long_ends(owner: User, settings: object) -> None:
    settings.AGENT_BUILD_SECONDS = 1  # type: ignore[attr-defined]
    with model_server({purpose: (Reply("…", first_delay_seconds=30),) for purpose in scripts.GOOD_BUILD}):
        build = built(owner)
    assert (build.status, build.error_code) == (State.FAILED, "build.timeout")


def test_a_budget_with_a_model_of_unknown_price_stops_before_the_call(owner: User) -> None:
    with model_server(scripts.GOOD_BUILD) as server:
        build = built(owner, budget_usd=Decimal("0.000001"))
    assert (build.status, build.error_code) == (State.FAILED, "budget.no_price")
    assert server.requests == []


class Killed(BaseException):
    """The worker is gone."""


class DyingModel(ScriptedModel):
    """A model whose worker dies while it is asked for one thing."""

    def complete(self, request: ModelRequest, **rest: Any) -> ModelReply:
        if request.purpose == "plan":
            raise Killed
        return super().complete(request, **rest)


def test_a_run_that_was_interrupted_goes_on_without_asking_again(owner: User) -> None:
    build = submitted(owner)
    dying = DyingModel(scripts.as_texts(scripts.GOOD_BUILD))
    with pytest.raises(Killed):
        runner.run_next(engines=runner.Engines(model=lambda _name: dying))
    Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    with model_server(scripts.GOOD_BUILD) as server:
        runner.run_next(engines=ENGINES())
    assert sorted(request.purpose for request in server.requests) == ["code", "plan", "tests"]
    build.refresh_from_db()
    assert build.verification == "verified"
    assert kinds(build.run_id).count("build.resumed") == 1


@dataclass
class DyingSandbox:
    """The real sandbox; the worker dies in one of its runs."""

    is_last: Callable[[list[SandboxRequest]], bool]
    requests: list[SandboxRequest] = field(default_factory=list)

    def describe(self) -> SandboxDescription:
        return engine.sandbox().describe()

    def run(self, request: SandboxRequest, **rest: Any) -> SandboxResult:
        if "/driver/run_tests.py" in request.argv:
            self.requests.append(request)
            if self.is_last([*self.requests]):
                raise Killed
        return engine.sandbox().run(request, **rest)


def is_alone(request: SandboxRequest) -> bool:
    return "test_slugify.py" not in request.files


@pytest.mark.parametrize(
    ("is_last", "kept"),
    [
        (lambda requests: is_alone(requests[-1]), "finalise.1.clean_run"),
        (lambda requests: not is_alone(requests[-1]) and len(requests) > 1, "finalise.1.examples"),
    ],
    ids=["in the run of the examples", "in the run of all tests"],
)
def test_a_worker_that_dies_in_one_of_two_runs_repeats_only_that_one(
    owner: User, is_last: Callable[[list[SandboxRequest]], bool], kept: str
) -> None:
    build = submitted(owner)
    dying, model = DyingSandbox(is_last), ScriptedModel(scripts.as_texts(scripts.GOOD_BUILD))
    with pytest.raises(Killed):
        runner.run_next(engines=runner.Engines(model=lambda _name: model, sandbox=lambda: dying))
    finalise = Effect.objects.filter(run_id=build.run_id, key__startswith="finalise.")
    (stored,) = finalise.values_list("key", "finished_at")
    Run.objects.update(lease_expires_at=timezone.now() - timedelta(seconds=1))
    runner.run_next(engines=runner.Engines(model=lambda _name: ScriptedModel({})))
    build.refresh_from_db()
    steps = [key.partition(":")[0] for key in finalise.values_list("key", flat=True)]
    assert stored[0].startswith(kept)
    assert stored in finalise.values_list("key", "finished_at")
    assert sorted(steps) == [f"finalise.1.{step}" for step in ("clean_run", "control", "examples", "reorder")]
    assert build.verification == "verified"
