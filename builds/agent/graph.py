"""The workflow: analyse → examples → plan → retrieve → generate → test ⇄ repair → review → finalise."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from builds.agent.edges import after_test, first_node
from builds.agent.nodes.analyse import analyse
from builds.agent.nodes.examples import examples
from builds.agent.nodes.finalise import finalise
from builds.agent.nodes.generate import generate
from builds.agent.nodes.plan import plan
from builds.agent.nodes.repair import repair
from builds.agent.nodes.retrieve import retrieve
from builds.agent.nodes.review import review
from builds.agent.nodes.test import test
from builds.agent.ports import Ports
from builds.agent.state import State

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

Node = Callable[[State, Ports], State]
NODES: dict[str, Node] = {
    "analyse": analyse,
    "examples": examples,
    "plan": plan,
    "retrieve": retrieve,
    "generate": generate,
    "test": test,
    "repair": repair,
    "review": review,
    "finalise": finalise,
}
_STRAIGHT = (
    ("analyse", "examples"),
    ("examples", "plan"),
    ("plan", "retrieve"),
    ("retrieve", "generate"),
    ("generate", "test"),
    ("repair", "test"),
    ("review", "finalise"),
)


def compile_graph(
    ports: Ports, saver: "BaseCheckpointSaver[int] | None" = None
) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Return the workflow over the given ports, ready to be invoked or to go on from its last checkpoint."""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(State)
    for name, node in NODES.items():
        graph.add_node(name, _tracked(name, node, ports))  # type: ignore[call-overload]  # a plain callable is a node
    graph.add_conditional_edges(START, first_node, list(NODES))
    for before, after in _STRAIGHT:
        graph.add_edge(before, after)
    graph.add_conditional_edges("test", after_test)
    graph.add_edge("finalise", END)
    return graph.compile(checkpointer=saver)


def _tracked(name: str, node: Node, ports: Ports) -> Callable[[State], State]:
    def run(state: State) -> State:
        ports.events.enter(name)
        started = ports.clock.monotonic()
        update = node(state, ports)
        took = ports.clock.monotonic() - started
        ports.events.emit("node.finished", {"duration_ms": round(took * 1000)})
        return update

    return run
