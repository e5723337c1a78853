"""Last but one: what the analysers say."""

from builds.agent.nodes.sandboxed import analyse_code
from builds.agent.ports import Ports
from builds.agent.state import State


def review(state: State, ports: Ports) -> State:
    """Read the final tree; write scores and findings."""
    return State(review=analyse_code(state, ports).model_dump(mode="json"))
