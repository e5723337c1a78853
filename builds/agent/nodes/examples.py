"""Second node: the request's own examples, read by the server and not by the model."""

from collections.abc import Sequence

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
    read = find_examples(f"{request['requirements']}\n{request['description']}", language=language)
    found = [example for example in read if not _is_incomplete(example, request.get("left_out", []))]
    base = state.get("base")
    earlier = [Example.model_validate(example) for example in base["examples"]] if base else []
    kept, replaced = still_true(earlier, found, language=language)
    stored = [example.model_dump(mode="json") for example in (*found, *kept)][:MAX_EXAMPLES]
    told = {"count": len(stored), "examples": list(stored)}
    if len(found) < len(read):
        told |= {"left_out": len(read) - len(found)}
    if base:
        told |= {"kept": len(kept), "replaced": [example.model_dump(mode="json") for example in replaced]}
    ports.events.emit("examples.found", told)
    return State(examples=stored)


def _is_incomplete(example: Example, left_out: Sequence[str]) -> bool:
    """Say whether an example shows a placeholder: the value was taken out, so what the call gives is not known."""
    return any(word in text for word in left_out for text in (example.expression, example.expected))
