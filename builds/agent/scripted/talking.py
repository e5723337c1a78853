"""A person's knowledge and the agent's desk, from a script."""

from collections.abc import Mapping, Sequence

from builds.agent.errors import AgentError
from builds.agent.talking.values import Brief, Decision, Outline, Proposal
from builds.agent.values import JsonDict, Passage

NOTHING_SPENT: JsonDict = {"today": "0.0000", "week": "0.0000", "month": "0.0000"}


class ScriptedKnowledge:
    """Know what the test says."""

    def __init__(
        self,
        builds: Sequence[Brief] = (),
        evidence: Mapping[str, JsonDict] | None = None,
        facts: Sequence[str] = (),
    ) -> None:
        self._builds = builds
        self._evidence = evidence or {}
        self._facts = facts

    def builds(self) -> Sequence[Brief]:
        """Return the builds that were given."""
        return self._builds

    def evidence(self, build_id: str) -> JsonDict:
        """Return what was given for a build."""
        return self._evidence.get(build_id, {})

    def passages(self, query: str) -> Sequence[Passage]:  # noqa: ARG002  the port's signature
        """Remember nothing."""
        return ()

    def facts(self) -> Sequence[str]:
        """Return the facts that were given."""
        return self._facts

    def spending(self) -> JsonDict:
        """Say that nothing was spent."""
        return NOTHING_SPENT


class ScriptedDesk:
    """Do as told, and write down what was done.

    :param files: of which builds there are files; of others there are none.
    """

    def __init__(self, files: Mapping[str, Sequence[str]] | None = None) -> None:
        self._files = files or {}
        self._decision: Decision | None = None
        self.waits: Proposal | None = None
        self.started: list[str] = []
        self.kept: list[str] = []

    def propose(self, outline: Outline, *, programming: str, parent: str) -> Proposal:
        """Complete a proposal that costs nothing."""
        if parent and parent not in self._files:
            raise AgentError("job.no_files", name=parent)
        return Proposal(
            action="fork" if parent else "build",
            project_name=outline.project_name,
            requirements=outline.requirements,
            language=programming or "python",
            model="scripted:model",
            cost_at_most_usd="0.000000",
            files=list(self._files.get(parent, ())),
            parent=parent,
            parent_name=parent,
            attempt=1 if parent else 0,
            budget_usd=None,
        )

    def show(self, proposal: Proposal) -> None:
        """Let a proposal wait, as a job's ending does."""
        self.waits, self._decision = proposal, None

    def decision(self, proposal: Proposal) -> Decision | None:  # noqa: ARG002  the port's signature
        """Return the answer that was given."""
        return self._decision

    def decide(self, *, approve: bool, reason: str) -> bool:
        """Answer what waits."""
        if self.waits is None:
            return False
        self._decision, self.waits = Decision("approved" if approve else "rejected", reason), None
        return True

    def start(self, proposal: Proposal, changes: JsonDict) -> str:
        """Start the build once."""
        if not self.started:
            self.started.append(str(changes.get("project_name") or proposal["project_name"]))
        return self.started[0]

    def stop(self) -> tuple[list[str], bool]:
        """Withdraw what waits."""
        was_waiting, self.waits = self.waits is not None, None
        return [], was_waiting

    def note(self, texts: Sequence[str]) -> None:
        """Keep texts, each once."""
        for text in texts:
            self.remember(text)

    def remember(self, text: str) -> str:
        """Keep a text once."""
        if text not in self.kept:
            self.kept.append(text)
        return ""
