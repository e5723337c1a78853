"""Third node: which files, in which order, and what to test."""

from builds.agent.asking import ask_structured
from builds.agent.attachments import attached_inputs
from builds.agent.base import plan_inputs
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.structures import Plan


def plan(state: State, ports: Ports) -> State:
    """Read the analysis; write the plan."""
    inputs = state["request"] | {"analysis": state["analysis"]} | plan_inputs(state.get("base"), ports)
    inputs |= attached_inputs(state.get("attachments", ()))
    proposed = ask_structured(ports, "plan", inputs, Plan, max_output_tokens=ports.limits.plan_tokens).model_dump(
        mode="json"
    )
    ports.events.emit("plan.proposed", proposed)
    return State(plan=proposed)
