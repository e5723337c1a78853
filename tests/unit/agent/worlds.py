"""A world in memory for the workflow to run in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

from builds.agent.attachments import Attached
from builds.agent.graph import compile_graph
from builds.agent.limits import Limits
from builds.agent.ports import Ports
from builds.agent.scripted.clock import ManualClock
from builds.agent.scripted.events import MemoryEvents
from builds.agent.scripted.journal import MemoryJournal
from builds.agent.scripted.model import ScriptedModel
from builds.agent.scripted.retriever import ScriptedRetriever
from builds.agent.scripted.toolchain import ScriptedToolchain
from builds.agent.scripted.workspace import MemoryWorkspace
from builds.agent.state import State, first_state
from builds.agent.values import TestReport, TestResult

PASSED = TestReport(
    outcome="passed",
    tests=(TestResult(id="test_slugify.py::test_words", path="test_slugify.py", outcome="passed"),),
    coverage_percent=100.0,
)


def failed(message: str = "assert 'a' == 'b'") -> TestReport:
    """Make the report of one failing test."""
    result = TestResult(id="test_slugify.py::test_words", path="test_slugify.py", outcome="failed", message=message)
    return TestReport(outcome="failed", tests=(result,))


@dataclass(frozen=True)
class World:
    """Scripted ports, and what they saw."""

    ports: Ports
    model: ScriptedModel
    toolchain: ScriptedToolchain
    events: MemoryEvents
    workspace: MemoryWorkspace

    def run(
        self,
        requirements: str = "Write slugify(text).",
        *,
        description: str = "",
        attachments: Sequence[Attached] = (),
        **changes: Any,
    ) -> State:
        """Run the workflow to its end."""
        ports = replace(self.ports, **changes)
        state = first_state(requirements=requirements, description=description, project_name="slugs", language="python")
        if attachments:
            state["attachments"] = list(attachments)
        return cast("State", compile_graph(ports).invoke(state, {"recursion_limit": 100}))


def world(
    replies: Mapping[str, Sequence[str | Exception]], reports: Sequence[TestReport] | Callable[..., TestReport]
) -> World:
    """Make a world in which the model and the tests say what the test wants."""
    events = MemoryEvents()
    model, toolchain, workspace = ScriptedModel(replies), ScriptedToolchain(reports), MemoryWorkspace()
    ports = Ports(
        model=model,
        toolchain=toolchain,
        retriever=ScriptedRetriever(()),
        workspace=workspace,
        events=events,
        journal=MemoryJournal(events),
        clock=ManualClock(),
        limits=Limits(),
        should_stop=lambda: False,
        in_thread=lambda call: call(),
    )
    return World(ports, model, toolchain, events, workspace)
