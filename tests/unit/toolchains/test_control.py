"""What the negative control concludes from its sessions, for any language."""

from typing import Any

from builds.agent.values import ControlReport
from builds.toolchains.control import judge_control
from builds.toolchains.record import Record

MUTANT = {"path": "a.py", "line": 3, "function": "a.f", "what": "n > 4: Gt → GtE"}
Outcomes = dict[str, str]


def session(kind: str, results: Outcomes, number: int = 0, **changes: Any) -> dict[str, Any]:
    functions = {name: ["a.f"] for name in results} if kind == "mark" else {}
    return {"kind": kind, "number": number, "results": results, "functions": functions, "odd": [], **changes}


def record(*sessions: dict[str, Any], **changes: Any) -> Record:
    return Record.model_validate(
        {
            "nonce": "",
            "reason": "",
            "exit_code": 0,
            "collected": 1,
            "tests": [],
            "functions": ["a.f"],
            "current": "",
            "output": "",
            "sessions": sessions,
            "mutants": [MUTANT] * 9,
            "mutants_possible": 12,
            "finish": {"exit_code": 0, "coverage": {}, "tools": {"language": "1.0"}, "arguments": []},
            **changes,
        }
    )


def judged(raising: str, neutral: str, contrary: str, *mutants: str) -> ControlReport:
    """Judge one test by its outcome in each session."""
    tried = [session("mutant", {"t": outcome}, number) for number, outcome in enumerate(mutants)]
    first = record(
        session("mark", {"t": "passed"}), session("raise", {"t": raising}), session("neutral", {"t": neutral})
    )
    return judge_control(
        [first, record(session("mark", {"t": "passed"}), session("contrary", {"t": contrary}), *tried)]
    )


def test_a_test_is_sensitive_when_it_notices_that_the_code_is_called_and_what_it_does() -> None:
    for neutral, contrary, mutants in (
        ("failed", "passed", []),
        ("passed", "error", []),
        ("passed", "passed", ["failed"]),
    ):
        report = judged("failed", neutral, contrary, *mutants)
        assert (report.sensitive, report.sensitivity_percent) == (("t",), 100.0)


def test_a_function_is_tested_when_a_test_notices_another_result_and_not_only_none() -> None:
    assert judged("failed", "passed", "failed").outcome == "held"
    report = judged("failed", "failed", "passed", "failed")
    assert (report.reason, report.uncovered_functions) == ("control.uncovered_functions", ("a.f",))


def test_a_test_that_notices_one_of_both_only_is_not() -> None:
    for raising, neutral, mutants in (("passed", "failed", ["failed"]), ("failed", "passed", ["error", "passed"])):
        report = judged(raising, neutral, "passed", *mutants)
        assert (report.reason, report.insensitive) == ("control.insensitive_tests", ("t",))
        assert report.uncovered_functions == ("a.f",)


def test_a_mutant_that_makes_a_test_crash_is_dead_but_nobody_looked() -> None:
    report = judged("failed", "failed", "failed", "error", "passed")
    assert (report.mutants_run, report.mutants_killed, report.mutants_possible) == (2, 1, 12)
    assert report.by_test["t"].mutants == 0
    assert report.survivors == ("a.py:3 n > 4: Gt → GtE",)


def test_many_survivors_are_named_as_the_reason() -> None:
    assert judged("failed", "failed", "failed", *["passed"] * 5).reason == "control.mutants_survive"
    assert judged("failed", "failed", "failed", *["passed"] * 3, "failed").outcome == "held", "too few for a share"
    assert judged("failed", "failed", "failed", "passed").outcome == "held", "one may change nothing that can be seen"
    assert judged("failed", "failed", "failed", "passed", "passed").reason == "control.mutants_survive"
    assert judged("failed", "failed", "failed", *["passed"] * 5, "failed", "failed", "failed").outcome == "held"


def test_one_honest_test_beside_many_blind_ones_is_not_enough() -> None:
    names = [f"t{number}" for number in range(5)]
    marked = session("mark", dict.fromkeys(names, "passed"))
    for blind, outcome in ((1, "held"), (2, "failed")):
        results = {name: "passed" if number < blind else "failed" for number, name in enumerate(names)}
        report = judge_control([record(marked, session("raise", results), session("contrary", results))])
        assert report.outcome == outcome
        assert len(report.sensitive) == 5 - blind


def test_without_anything_to_judge_it_is_inconclusive() -> None:
    passes, fails = session("mark", {"t": "passed"}), session("mark", {"t": "failed"})
    cases = (
        ([record(fails)], "control.no_passing_tests"),
        ([record()], "control.no_passing_tests"),
        ([record(session("mark", {"t": "passed", "u": "failed"}))], "control.tests_failed"),
        ([record(session("mark", {"t": "passed", "u": "passed"}), fails)], "control.tests_failed"),
        ([record(passes, functions=[])], "control.no_functions"),
    )
    for records, reason in cases:
        report = judge_control(records)
        assert (report.outcome, report.reason) == ("inconclusive", reason)


def test_code_that_asks_whether_it_is_tested_is_the_gravest_reason() -> None:
    odd = session("mark", {"t": "passed"}, odd=["a.f"])
    report = judge_control([record(odd, tripwires=["a.py:1 pytest"])])
    assert (report.outcome, report.reason) == ("failed", "control.suspicious_code")
    assert report.suspicious == ("a.py:1 pytest", "a.f returns what equals everything")
