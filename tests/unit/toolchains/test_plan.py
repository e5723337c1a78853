"""Which sessions of the negative control come next, and what is kept of them."""

from typing import Any

import pytest

from tests.unit.toolchains.inside import inside

plan = inside("plan")

Session = dict[str, Any]


def planned(**changes: Any) -> Any:
    """Return a plan with all the time in the world."""
    options = {"seed": 1, "mutants": 9, "part": (0, 1), "sessions": ["mark", "raise"], "mutant_seconds": 1000.0}
    return plan.Plan({**options, **changes})


def told(test: str, outcome: str = "passed", **changes: Any) -> Session:
    return {"id": test, "outcome": outcome, "message": "", "functions": [], "odd": [], **changes}


def marked(chosen: Any, reached: dict[str, list[str]], **changes: Any) -> Any:
    """Let the first session end with what each test reached."""
    assert chosen.next()["kind"] == "mark"
    for test, functions in reached.items():
        chosen.take(told(test, functions=functions, **changes))
    return chosen


def mutants(*functions: str) -> list[list[Any]]:
    return [["a.py", number, function, "wrong"] for number, function in enumerate(functions)]


def rest(chosen: Any, outcome: str = "passed") -> list[Session]:
    """Run everything that is left, each test with the same outcome."""
    orders = []
    while order := chosen.next():
        orders.append(order)
        for test in order["tests"]:
            chosen.take(told(test, outcome))
    return orders


def test_stubs_come_first_and_then_mutants_where_passing_tests_reach() -> None:
    chosen = planned()
    chosen.know(7, mutants("a.f", "a.forgotten", "a.f"))
    orders = rest(marked(chosen, {"t1": ["a.f"], "t2": ["a.f"]}))
    assert [(order["kind"], order["number"], order["tests"]) for order in orders] == [
        ("raise", 0, []),
        ("mutant", 0, ["t1", "t2"]),
        ("mutant", 2, ["t1", "t2"]),
    ]
    assert (chosen.possible, len(chosen.mutants)) == (7, 3)


def test_each_process_takes_its_own_share_of_the_mutants() -> None:
    numbers = []
    for part in (0, 1):
        chosen = planned(part=(part, 2))
        chosen.know(4, mutants(*["a.f"] * 4))
        orders = rest(marked(chosen, {"t": ["a.f"]}))
        numbers.append([order["number"] for order in orders if order["kind"] == "mutant"])
    assert numbers == [[0, 2], [1, 3]]


def test_without_time_left_there_are_no_mutants() -> None:
    chosen = planned(mutant_seconds=0.0)
    chosen.know(1, mutants("a.f"))
    assert [order["kind"] for order in rest(marked(chosen, {"t": ["a.f"]}))] == ["raise"]


def test_a_part_of_the_tests_has_to_pass_by_itself_before_it_judges_mutants() -> None:
    chosen = planned(sessions=["mark"])
    chosen.know(2, mutants("a.f", "a.f"))
    orders = rest(marked(chosen, {"t1": ["a.f"], "t2": ["a.g"]}))
    assert [(order["kind"], order["tests"]) for order in orders] == [
        ("mark", ["t1"]),
        ("mutant", ["t1"]),
        ("mutant", ["t1"]),
    ]


def test_a_part_that_fails_by_itself_ends_the_control() -> None:
    chosen = planned(sessions=["mark"])
    chosen.know(2, mutants("a.f", "a.f"))
    assert [order["kind"] for order in rest(marked(chosen, {"t1": ["a.f"], "t2": []}), "failed")] == ["mark"]
    assert chosen.ended[-1]["results"] == {"t1": "error"}


@pytest.mark.parametrize("outcome", ["failed", "error", "skipped"])
def test_tests_that_fail_on_marked_code_end_the_control(outcome: str) -> None:
    chosen = marked(planned(), {"t1": []})
    chosen.take(told("t2", outcome))
    assert chosen.next() == {}


@pytest.mark.parametrize(
    ("message", "outcome"),
    [
        ("AssertionError: expected 4, got 5", "failed"),
        ("assert 4 == 5", "failed"),
        ("Failed: DID NOT RAISE", "failed"),
        ("TypeError: unsupported operand", "error"),
        ("", "error"),
    ],
)
def test_only_a_failed_comparison_counts_as_looking(message: str, outcome: str) -> None:
    chosen = marked(planned(), {"t": ["a.f"]})
    chosen.next()
    chosen.take(told("t", "failed", message=message))
    assert chosen.results() == {"t": outcome}


def test_stubs_that_return_are_told_the_types_that_were_seen() -> None:
    chosen = planned(sessions=["mark", "raise", "neutral", "contrary"])
    marked(chosen, {"t1": ["a.f"], "t2": ["a.f"]}, types=["a.f str", "a.f None", "a.g "])
    orders = {order["kind"]: order["types"] for order in rest(chosen)}
    assert orders["neutral"] == orders["contrary"] == {"a.f": ["str", "None"], "a.g": [""]}
    assert orders["raise"] == {}


def test_patience_has_bounds() -> None:
    chosen = marked(planned(), {"t": []})
    assert plan.LEAST_PATIENCE <= chosen.next()["patience"] <= plan.MOST_PATIENCE
