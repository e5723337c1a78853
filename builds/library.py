"""What a build may learn from: the owner's earlier builds and the shared library."""

from collections.abc import Sequence

from builds.agent.values import Passage
from builds.models.build import Build


class BuildRetriever:
    """Search memory on behalf of one build's owner."""

    def __init__(self, build: Build) -> None:
        self._build = build

    def passages(self, query: str, *, language: str, budget_tokens: int) -> Sequence[Passage]:
        """Return the best passages, best first, within a budget."""
        return ()


def seed_shared_library() -> None:
    """Put the cookbook's recipes into the shared library."""
