"""Second node: the request's own examples, read by the server and not by the model."""

from builds.agent.examples import find_examples, still_true
from builds.agent.ports import Ports
from builds.agent.state import State
from builds.agent.values import Example

MAX_EXAMPLES = 100


def examples(state: State, ports: Ports) -> State:
    """Read the request; write its examples, each with the words it was read from.

    Those of the requests that a fork starts from stay true, unless the new request gives another result for the call.
    """
    request = state["request"]
    language = str(request["language"])
    found = find_examples(f"{request['requirements']}\n{request['description']}", language=language)
    base = state.get("base")
    earlier = [Example.model_validate(example) for example in base["examples"]] if base else []
    kept, replaced = still_true(earlier, found, language=language)
    stored = [example.model_dump(mode="json") for example in (*found, *kept)][:MAX_EXAMPLES]
    told = {"count": len(stored), "examples": list(stored)}
    if base:
        told |= {"kept": len(kept), "replaced": [example.model_dump(mode="json") for example in replaced]}
    ports.events.emit("examples.found", told)
    return State(examples=stored)
