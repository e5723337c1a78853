"""The workflow of one message: read → answer | plan | propose → wait → start | settle | act."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from builds.agent.talking import nodes
from builds.agent.talking.edges import after_decision, after_proposal, after_reading
from builds.agent.talking.ports import TalkPorts
from builds.agent.talking.state import TalkState

if TYPE_CHECKING:
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph

Node = Callable[[TalkState, TalkPorts], TalkState]
NODES: dict[str, Node] = {
    "read": nodes.read,
    "answer": nodes.answer,
    "plan": nodes.plan,
    "propose": nodes.propose,
    "wait": nodes.wait,
    "start": nodes.start,
    "closing": nodes.closing,
    "settle": nodes.settle,
    "act": nodes.act,
}
_LAST = ("answer", "plan", "start", "closing", "settle", "act")


def compile_talk(
    ports: TalkPorts, saver: "BaseCheckpointSaver[int] | None" = None
) -> "CompiledStateGraph[Any, Any, Any, Any]":
    """Return the workflow over the given ports, ready to be invoked or to go on from its last checkpoint."""
    from langgraph.graph import END, START, StateGraph

    graph = StateGraph(TalkState)
    for name, node in NODES.items():
        graph.add_node(name, _tracked(name, node, ports))  # type: ignore[call-overload]  # a plain callable is a node
    graph.add_edge(START, "read")
    graph.add_conditional_edges("read", after_reading)
    graph.add_conditional_edges("propose", after_proposal)
    graph.add_conditional_edges("wait", after_decision)
    for name in _LAST:
        graph.add_edge(name, END)
    return graph.compile(checkpointer=saver)


def _tracked(name: str, node: Node, ports: TalkPorts) -> Callable[[TalkState], TalkState]:
    def run(state: TalkState) -> TalkState:
        ports.events.enter(name)
        return node(state, ports)

    return run
