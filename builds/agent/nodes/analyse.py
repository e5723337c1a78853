"""First node: say precisely what is asked for."""

from builds.agent.asking import ask_structured
from builds.agent.attachments import attached_inputs
from builds.agent.base import code_inputs
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.structures import Analysis


def analyse(state: State, ports: Ports) -> State:
    """Read the request; write the problem, the public interface, assumptions and risk."""
    inputs = state["request"] | code_inputs(state.get("base"), ports) | attached_inputs(state.get("attachments", ()))
    analysis = ask_structured(
        ports, "analyse", inputs, Analysis, max_output_tokens=ports.limits.analyse_tokens
    ).model_dump(mode="json")
    ports.events.emit("analysis.made", analysis)
    return State(analysis=analysis)
