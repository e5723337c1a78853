"""Second node: the request's own examples, read by the server and not by the model."""

from builds.agent.examples import find_examples
from builds.agent.ports import Ports
from builds.agent.state import State


def examples(state: State, ports: Ports) -> State:
    """Read the request; write its examples, each with the words it was read from."""
    request = state["request"]
    text = f"{request['requirements']}\n{request['description']}"
    found = [example.model_dump(mode="json") for example in find_examples(text, language=str(request["language"]))]
    ports.events.emit("examples.found", {"count": len(found), "examples": list(found)})
    return State(examples=found)
