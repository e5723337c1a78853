"""What the agent knows while it works on one message, as plain versioned JSON that survives the process."""

from typing import TypedDict

from builds.agent.attachments import Attached
from builds.agent.talking.values import Proposal, Reply
from builds.agent.values import JsonDict

VERSION = 1


class Turn(TypedDict):
    """One earlier message."""

    role: str
    content: str


class TalkState(TypedDict, total=False):
    """The graph's state."""

    version: int
    message: str
    speech: str
    """The language of the message: ``en`` or ``ru``."""
    history: list[Turn]
    """What was said before, oldest first."""
    attachments: list[Attached]
    """Files of this conversation that no build has taken yet, as they were read; missing when there are none."""
    outline: JsonDict
    """The plan that the agent showed last; then the one that it made."""
    waiting: bool
    busy: bool
    reading: JsonDict
    proposal: Proposal
    decision: JsonDict
    build: str
    """The build that was started."""
    reply: Reply


def first_state(
    message: str, *, speech: str, history: list[Turn], outline: JsonDict, waiting: bool, busy: bool
) -> TalkState:
    """Return the state with which a job begins."""
    return TalkState(
        version=VERSION,
        message=message,
        speech=speech,
        history=history,
        outline=outline,
        waiting=waiting,
        busy=busy,
    )
