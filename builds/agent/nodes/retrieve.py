"""Fourth node: earlier work that may help."""

from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.values import JsonDict


def retrieve(state: State, ports: Ports) -> State:
    """Read the interface; write passages within a budget, each with its source."""
    query = f"{state['request']['requirements']}\n{state['analysis']['problem']}"
    found = ports.retriever.passages(
        query, language=str(state["request"]["language"]), budget_tokens=ports.limits.context_tokens
    )
    passages: list[JsonDict] = [passage.model_dump(mode="json") for passage in found]
    cited = [{name: passage[name] for name in ("id", "score")} for passage in passages]  # readers see no more of it
    ports.events.emit("context.retrieved", {"count": len(passages), "passages": list(cited)})
    return State(passages=passages)
