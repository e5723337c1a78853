"""Where a conversation's workflow goes next: pure functions of the state."""

from typing import Literal

from builds.agent.talking.state import TalkState
from builds.agent.talking.values import Intent


def after_reading(state: TalkState) -> Literal["answer", "plan", "propose", "settle", "act"]:
    """Answer, plan, propose, settle what waits, or do what needs no yes."""
    intent = Intent(str(state["reading"]["intent"]))
    planned = bool(state["outline"])
    if intent in {Intent.BUILD, Intent.CHANGE}:
        return "propose"
    if intent == Intent.PLAN:
        return "plan"
    if intent in {Intent.APPROVE, Intent.REJECT}:
        if state["waiting"] or not planned:
            return "settle"
        return "propose" if intent == Intent.APPROVE else "plan"
    return "act" if intent in {Intent.CANCEL, Intent.REMEMBER} else "answer"


def after_proposal(state: TalkState) -> Literal["wait", "__end__"]:
    """Wait for an answer, unless there was nothing to propose."""
    return "wait" if "proposal" in state else "__end__"


def after_decision(state: TalkState) -> Literal["start", "plan", "closing"]:
    """Begin, plan anew with the reason of a no, or say that nothing comes of it."""
    decision = state["decision"]
    if decision["status"] == "approved":
        return "start"
    return "plan" if decision["status"] == "rejected" and decision["reason"] else "closing"
