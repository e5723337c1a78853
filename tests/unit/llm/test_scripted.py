"""The scripted ports, as the tests of their callers rely on them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from builds.agent.errors import AgentError, Cancelled
from builds.agent.ports import ChatModel, Clock, EventSink, Journal, Outcome, Retriever, Toolchain, Workspace
from builds.agent.scripted.clock import ManualClock
from builds.agent.scripted.events import MemoryEvents
from builds.agent.scripted.journal import MemoryJournal
from builds.agent.scripted.model import ScriptedModel, ScriptExhausted
from builds.agent.scripted.retriever import ScriptedRetriever
from builds.agent.scripted.toolchain import ScriptedToolchain
from builds.agent.scripted.workspace import MemoryWorkspace
from builds.agent.values import Example, ModelReply, Passage, TestReport
from tests.stand_ins.models import ask, question

GREEN = TestReport(outcome="passed")
RED = TestReport(outcome="failed", output="1 failed")


def test_every_scripted_port_fits_its_protocol() -> None:
    model: ChatModel = ScriptedModel({})
    toolchain: Toolchain = ScriptedToolchain([])
    retriever: Retriever = ScriptedRetriever()
    workspace: Workspace = MemoryWorkspace()
    events: EventSink = MemoryEvents()
    journal: Journal = MemoryJournal()
    clock: Clock = ManualClock()
    assert all((model, toolchain, retriever, workspace, events, journal, clock))


def test_a_model_answers_each_purpose_in_order() -> None:
    model = ScriptedModel({"code": ["one", "two"], "tests": ["three"]})
    purposes = ("code", "tests", "code")
    assert [ask(model, question(purpose)).text for purpose in purposes] == ["one", "three", "two"]
    assert [request.purpose for request in model.requests] == ["code", "tests", "code"]


def test_a_model_out_of_replies_says_for_which_purpose() -> None:
    with pytest.raises(ScriptExhausted, match="call 1 for 'plan'"):
        ask(ScriptedModel({"code": ["one"]}), question("plan"))


def test_a_reply_that_is_an_exception_is_raised() -> None:
    with pytest.raises(AgentError, match="looping"):
        ask(ScriptedModel({"code": [AgentError("model.looping")]}))


def test_a_toolchain_reports_in_order_and_keeps_the_trees() -> None:
    shown: list[str] = []
    toolchain = ScriptedToolchain([RED, GREEN])
    assert toolchain.run_tests({"a.py": "1"}, on_output=shown.append) == RED
    assert toolchain.run_tests({"a.py": "2"}) == GREEN
    assert toolchain.trees == [{"a.py": "1"}, {"a.py": "2"}]
    assert shown == ["1 failed"]
    with pytest.raises(ScriptExhausted, match="test run 3"):
        toolchain.run_tests({})


def test_a_toolchain_can_judge_by_the_tree() -> None:
    toolchain = ScriptedToolchain(lambda tree: GREEN if "good.py" in tree else RED)
    assert toolchain.run_tests({"good.py": ""}) == GREEN
    assert toolchain.run_tests({"bad.py": ""}) == RED


def test_a_toolchain_writes_examples_as_a_test() -> None:
    example = Example(expression="f(1)", expected="2", function="f", source="f(1) -> 2")
    toolchain = ScriptedToolchain([])
    tree = toolchain.acceptance_tests([example], {})
    assert all(toolchain.is_test(path) and "assert f(1) == 2" in text for path, text in tree.items())
    assert toolchain.acceptance_tests([], {}) == {}


@pytest.mark.parametrize("step", ["run_tests", "negative_control"])
def test_a_cancelled_toolchain_stops(step: str) -> None:
    run: Callable[..., object] = getattr(ScriptedToolchain([GREEN]), step)
    with pytest.raises(Cancelled):
        run({}, is_cancelled=lambda: True)


def test_a_retriever_keeps_to_the_budget() -> None:
    passages = [Passage(id=str(number), title="t", text="x" * 40, source="s") for number in range(5)]
    retriever = ScriptedRetriever(passages)
    assert len(retriever.passages("sort", language="python", budget_tokens=25)) == 2
    assert retriever.queries == ["sort"]


def test_a_workspace_keeps_each_attempt_for_good() -> None:
    workspace = MemoryWorkspace()
    first = workspace.save(1, {"a.py": "1"})
    assert workspace.save(1, {"a.py": "1"}) == first
    assert workspace.save(2, {"a.py": "2"}) != first
    assert workspace.load(1) == {"a.py": "1"}
    with pytest.raises(ValueError, match="attempt 1"):
        workspace.save(1, {"a.py": "changed"})


def test_events_are_kept_and_output_is_joined() -> None:
    events = MemoryEvents()
    events.enter("plan")
    events.emit("plan.proposed", {"files": 2})
    events.stream("a")
    events.stream("b")
    assert (events.nodes, events.kinds, events.text) == (["plan"], ["plan.proposed"], "ab")


def test_an_event_that_is_too_large_or_no_json_is_refused() -> None:
    events = MemoryEvents()
    with pytest.raises(ValueError, match=r"big\.event"):
        events.emit("big.event", {"text": "x" * 40_000})
    with pytest.raises(TypeError):
        events.emit("odd.event", {"text": {1, 2}})
    assert events.events == []


def test_a_journal_performs_an_effect_once_and_tells_its_events_once() -> None:
    events = MemoryEvents()
    journal = MemoryJournal(events)
    usage = ModelReply(text="x", model="scripted:model")
    calls: list[int] = []

    def perform() -> Outcome:
        calls.append(1)
        return Outcome({"n": len(calls)}, (("code.written", {}),), usage)

    def once(given: object) -> object:
        return journal.once("model", "code", given, perform)

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(once, [{"a": 1}] * 4)) == [{"n": 1}] * 4
    assert once({"a": 2}) == {"n": 2}
    assert events.kinds == ["code.written"] * 2
    assert journal.usages == [usage] * 2


def test_a_journal_does_not_store_what_failed() -> None:
    journal = MemoryJournal()
    with pytest.raises(ZeroDivisionError):
        journal.once("model", "code", 1, lambda: Outcome({"n": 1 // 0}))
    assert journal.once("model", "code", 1, lambda: Outcome({"n": 1})) == {"n": 1}


def test_a_manual_clock_moves_only_by_waiting() -> None:
    clock = ManualClock()
    clock.sleep(2)
    clock.sleep(0.5)
    assert (clock.monotonic(), clock.slept, clock.total_slept) == (2.5, [2, 0.5], 2.5)
