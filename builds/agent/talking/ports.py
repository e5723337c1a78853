"""What a conversation needs from the world, beside what every question to a model needs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from builds.agent.ports import Asking
from builds.agent.talking.values import Brief, Decision, Outline, Proposal
from builds.agent.values import JsonDict, Passage


class Awaiting(Exception):
    """Unwind: the proposal waits for an answer, and until then nothing of this job occupies anybody."""

    def __init__(self, proposal: Proposal) -> None:
        super().__init__(proposal["project_name"])
        self.proposal = proposal


class Knowledge(Protocol):
    """What may be told to the one whose message it is: only their own."""

    def builds(self) -> Sequence[Brief]:
        """Return the newest builds, newest first; a bounded number."""

    def evidence(self, build_id: str) -> JsonDict:
        """Return what is known of one of these builds: ``error``, ``failing``, ``proofs``, ``summary``; bounded."""

    def passages(self, query: str) -> Sequence[Passage]:
        """Return what memory holds about something, best first."""

    def facts(self) -> Sequence[str]:
        """Return what they had kept."""

    def spending(self) -> JsonDict:
        """Return what they spent: ``today``, ``week`` and ``month``, in US dollars as text."""


class Desk(Protocol):
    """What the agent can do; every act happens once, however often its node runs."""

    def propose(self, outline: Outline, *, programming: str, parent: str) -> Proposal:
        """Complete a proposal with model, price and files.

        :param parent: the build to change; empty for a new one.
        :raises AgentError: ``job.no_files``: there is nothing to change yet.
        """

    def decision(self, proposal: Proposal) -> Decision | None:
        """Return what became of the proposal; None while it waits, or has yet to be shown."""

    def decide(self, *, approve: bool, reason: str) -> bool:
        """Answer, on behalf of the message's author, what waits in this conversation; False when nothing does."""

    def start(self, proposal: Proposal, changes: JsonDict) -> str:
        """Start what was approved and return the build.

        :raises AgentError: ``job.refused`` with a ``reason``: it can't be begun.
        """

    def stop(self) -> tuple[list[str], bool]:
        """Ask what is at work in this conversation to stop.

        Return the names of the builds, and whether a proposal was withdrawn.
        """

    def note(self, texts: Sequence[str]) -> None:
        """Keep what the message states, each once, and tell so; nothing where its author wants nothing noted."""

    def remember(self, text: str) -> str:
        """Keep a fact; return why it could not be kept, empty when it was."""


@dataclass(frozen=True)
class TalkPorts(Asking):
    """All that a node of a conversation may use."""

    knowledge: Knowledge
    desk: Desk
