"""A retriever that finds what it was given."""

from collections.abc import Sequence

from builds.agent.llm.tokens import estimate_tokens
from builds.agent.values import Passage


class ScriptedRetriever:
    """Offer the given passages to every query, as many as the budget holds; ``queries`` keeps what was asked."""

    def __init__(self, passages: Sequence[Passage] = ()) -> None:
        self.queries: list[str] = []
        self._passages = passages

    def passages(
        self,
        query: str,
        *,
        language: str,  # noqa: ARG002  # part of the port
        budget_tokens: int,
    ) -> Sequence[Passage]:
        """Return the passages from the first on until the budget is spent."""
        self.queries.append(query)
        found = []
        for passage in self._passages:
            budget_tokens -= estimate_tokens([passage.text])
            if budget_tokens < 0:
                break
            found.append(passage)
        return found
