"""The request's examples decide in a sandbox in which the model's own tests are absent."""

from typing import Any

import pytest

from builds.agent.errors import Cancelled
from builds.agent.nodes.finalise import evidence_rows
from builds.agent.state import State
from builds.agent.values import TestReport, TestResult
from tests.unit.agent.test_workflow import BETTER, TESTS, slugs
from tests.unit.agent.worlds import PASSED, failed

KINDS = ("clean_run", "reorder", "negative_control", "independence")
REQUEST = "Write slugify. For example slugify('A') -> 'a' and slugify('B') -> 'b'."


def ran(*outcomes: Any) -> TestReport:
    """Make the report of a run of the examples, the first one first."""
    tests = tuple(
        TestResult(id=f"test_acceptance.py::test_example_{number}", path="test_acceptance.py", outcome=outcome)
        for number, outcome in enumerate(outcomes, start=1)
    )
    return TestReport(outcome="passed" if set(outcomes) == {"passed"} else "failed", tests=tests)


def with_examples(*outcomes: Any) -> TestReport:
    """Make the report of all tests."""
    return PASSED.model_copy(update={"tests": (*PASSED.tests, *ran(*outcomes).tests)})


BOTH = with_examples("passed", "passed")


def proof(state: State) -> Any:
    return next(row for row in state["proofs"] if row["kind"] == "examples")


def rows(state: State) -> dict[str, bool]:
    return {str(row["kind"]): bool(row["passed"]) for row in evidence_rows(state)}


def test_examples_run_once_more_without_the_models_tests() -> None:
    here = slugs([BOTH, BOTH])
    state = here.run(REQUEST)
    assert [sorted(tree) for tree in here.toolchain.trees_alone] == [["README.md", "slugify.py", "test_acceptance.py"]]
    assert state["verification"] == "verified"
    assert rows(state) == dict.fromkeys([*KINDS, "acceptance"], True)
    assert proof(state) == {"kind": "examples", "status": "held", "passed": 2, "total": 2, "reason": ""}


def test_a_build_without_examples_is_as_before() -> None:
    here = slugs([PASSED, PASSED])
    state = here.run()
    assert here.toolchain.trees_alone == []
    assert state["verification"] == "verified"
    assert rows(state) == dict.fromkeys(KINDS, True)
    assert (proof(state)["status"], proof(state)["total"]) == ("missing", 0)
    assert "examples.ran" not in [kind for kind, _payload in here.events.events]


@pytest.mark.parametrize(
    ("alone", "reason"),
    [
        (ran("passed", "failed"), "examples.failing"),
        (ran("passed"), "examples.missing"),
        (TestReport(outcome="broken", reason="tests.timeout"), "tests.timeout"),
        (TestReport(outcome="failed", reason="tests.skipped", tests=ran("passed", "skipped").tests), "tests.skipped"),
    ],
)
def test_examples_that_do_not_hold_by_themselves_are_never_green(alone: TestReport, reason: str) -> None:
    here = slugs([BOTH, BOTH])
    here.toolchain.alone = alone
    state = here.run(REQUEST)
    assert state["verification"] == "unverified"
    assert rows(state) == dict.fromkeys(KINDS, True) | {"acceptance": False}
    assert (proof(state)["status"], proof(state)["reason"], proof(state)["total"]) == ("failed", reason, 2)


def test_an_example_that_ran_in_neither_run_is_missed() -> None:
    here = slugs([with_examples("passed"), with_examples("passed")])
    here.toolchain.alone = ran("passed")
    state = here.run(REQUEST)
    assert (state["verification"], proof(state)["status"]) == ("unverified", "failed")


def test_what_the_examples_gave_is_told() -> None:
    here = slugs([BOTH, BOTH])
    here.toolchain.alone = ran("passed", "failed")
    here.run(REQUEST)
    (told,) = [payload for kind, payload in here.events.events if kind == "examples.ran"]
    assert (told["passed"], told["total"]) == (1, 2)
    assert told["failing"] == ["test_acceptance.py::test_example_2"]


def test_examples_that_passed_only_among_other_tests_are_no_proof() -> None:
    both = failed().tests + ran("passed", "passed").tests
    reports = [TestReport(outcome="failed", tests=both)] * 2
    state = slugs(reports, repair=["verdict: code\n" + BETTER.replace("text.lower()", "text")]).run(REQUEST)
    assert state["error"]["code"] == "build.stuck"
    assert (proof(state)["status"], proof(state)["passed"]) == ("missing", 2)


def test_changed_tests_need_examples_that_hold_by_themselves() -> None:
    bent = "verdict: test\n" + TESTS.replace("'a'", "'zzz'")
    state = slugs([failed(), BOTH, BOTH], repair=[bent]).run(REQUEST)
    assert state["verification"] == "verified"
    kept = evidence_rows(state)[-1]["report"]
    assert (kept["changed_tests"], kept["lost_tests"], len(kept["examples"])) == (["test_slugify.py"], False, 2)


def test_a_cancelled_build_does_not_start_the_run() -> None:
    here = slugs([BOTH, BOTH])
    with pytest.raises(Cancelled):
        here.run(REQUEST, should_stop=lambda: here.events.nodes[-1:] == ["finalise"])
    assert here.toolchain.trees_alone == []
