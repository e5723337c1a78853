"""Going on where an ended build stood: at which node, with which state, without which stored answers.

A new run takes over the last checkpoint and the journal. The node that failed runs again, and finds in the journal what
it had finished; what made it fail must not be found there. A fault of the network, the sandbox, the budget or the
clock stored nothing wrong, so all of it stays. An answer that could not be used is dropped:

=====================================  ===============================================================
code                                   dropped of what the failed node had stored
=====================================  ===============================================================
``model.bad_answer``, ``files.*``      every answer of the model
``model.no_files``, ``model.cut_off``  the answer with the code, and the one in the mended format; tests stay
``model.refused``                      the answers that refuse
``platform.error``                     everything: nobody knows what it was
=====================================  ===============================================================

A connection that was cut off has the code ``model.cut_off`` too, but no answer to show, and stored nothing.

A build that ended by its verdict, with failing tests, is repaired on from its last tree with all repairs anew.
"""

from collections.abc import Mapping
from typing import cast

from builds.agent.state import State
from builds.agent.values import JsonDict

_REPAIRABLE = frozenset({"tests.failing", "build.stuck"})
_OF_THE_VERDICT = frozenset(
    {"error", "proofs", "verification", "review", "clean_run", "acceptance", "reorder", "control"}
)


def continued(state: State, next_node: str) -> State | None:
    """Return the state that a new run goes on with; None where nothing is left to be done.

    :param next_node: the node that did not end; empty when the workflow came to its end.
    """
    if next_node:
        return State(**{**state, "start_at": next_node})
    if state.get("error", {}).get("code") not in _REPAIRABLE:
        return None
    kept = cast("State", {name: value for name, value in state.items() if name not in _OF_THE_VERDICT})
    done = state["repairs"] + state.get("repairs_before", 0)
    return State(**{**kept, "start_at": "repair", "repairs": 0, "repairs_before": done, "failures": []})


def is_at_fault(
    kind: str, step: str, result: JsonDict, *, failed_node: str, code: str, details: Mapping[str, object]
) -> bool:
    """Say whether a stored effect made a node fail, so that it must be tried again.

    :param kind: ``model`` or ``sandbox``.
    :param step: ``node.turn.name``.
    :param details: what the failure told beside its code.
    """
    node, _, rest = step.partition(".")
    if node != failed_node:
        return False
    if code == "platform.error":
        return True
    return kind == "model" and _is_useless(rest.partition(".")[2], result, code, details)


def _is_useless(name: str, result: JsonDict, code: str, details: Mapping[str, object]) -> bool:
    if code == "model.refused":
        return result.get("finish_reason") == "refused"
    if code == "model.no_files" or (code == "model.cut_off" and "excerpt" in details):
        return name in {"code", "code_format"}
    return code == "model.bad_answer" or code.startswith("files.")
