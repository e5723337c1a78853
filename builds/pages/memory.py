"""The Memory tab: which passages the build was shown, why these, and which stand in what it delivered."""

from dataclasses import dataclass
from uuid import UUID

from builds.models.build import Build
from memory import uses
from memory.explaining import Part, in_words
from memory.models.usage import PassageUse


@dataclass(frozen=True)
class ShownPassage:
    """A passage in the build's context."""

    rank: int
    title: str
    passage_id: UUID | None
    build_id: UUID | None
    """The build that left it; None for the library and for one's own documents."""
    is_shared: bool
    is_said: bool
    """It stood in a conversation."""
    is_verified: bool
    is_cited: bool | None
    score: float
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class MemoryPanel:
    """Everything in the tab."""

    passages: tuple[ShownPassage, ...]
    is_left_out: bool
    """Whoever asked for the build wanted it without memory."""


def memory_panel(build: Build) -> MemoryPanel:
    """Return the tab; one query."""
    rows = uses.of_build(build.id).select_related("passage").defer("passage__embedding", "passage__terms")
    return MemoryPanel(tuple(map(_shown, rows)), not build.use_memory)


def _shown(use: PassageUse) -> ShownPassage:
    passage = use.passage
    return ShownPassage(
        rank=use.rank,
        title=use.title or use.source.partition(":")[2],
        passage_id=use.passage_id,
        build_id=passage.build_id if passage else None,
        is_shared=passage is not None and passage.user_id is None,
        is_said=use.source.startswith("conversation:"),
        is_verified=passage is not None and passage.verified,
        is_cited=use.is_cited,
        score=use.score,
        parts=in_words(use.parts),
    )
