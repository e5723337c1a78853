"""What a build may learn from, and what others may learn from it: the door to memory."""

from collections.abc import Iterator, Sequence

import structlog
from django.db import DatabaseError

from builds import guarding
from builds.agent.cookbook.library import Recipe, all_recipes
from builds.agent.values import Passage
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.selectors import files_of
from builds.states import State, Verification
from memory import retrieval
from memory import services as memory
from memory.services import Document

log = structlog.get_logger(__name__)
_LANGUAGE = "python"


class BuildRetriever:
    """Search memory on behalf of one build's owner."""

    def __init__(self, build: Build) -> None:
        self._user_id = build.user_id

    def passages(self, query: str, *, language: str, budget_tokens: int) -> Sequence[Passage]:
        """Return the best passages, best first, within a budget; none when memory can't be asked."""
        try:
            hits = retrieval.search(user_id=self._user_id, query=query, language=language)
        except DatabaseError as error:
            log.warning("memory.away", error=type(error).__name__)
            return ()
        return [
            Passage(
                id=str(hit.id),
                title=hit.title,
                text=hit.text,
                source=hit.source,
                is_verified=hit.is_verified,
                score=round(hit.score, 4),
            )
            for hit in retrieval.within_budget(hits, budget_tokens)
            if not guarding.is_kept_from_models(f"{hit.title}\n{hit.text}")
        ]


def remember_build(build: Build) -> int:
    """Offer a completed build's files to its owner's later builds; return how many passages are new."""
    if build.status != State.COMPLETED:
        return 0
    return memory.index_passages(
        user_id=build.user_id,
        build_id=build.id,
        collection="code",
        verified=build.verification == Verification.VERIFIED,
        documents=[_document(build, file) for file in files_of(build.id) if file.language == build.language],
    )


def seed_shared_library() -> None:
    """Put the cookbook's recipes into the shared library, and bring the index up to date."""
    for collection, documents in (("code", _codes()), ("practices", _practices())):
        memory.index_passages(
            user_id=None, build_id=None, collection=collection, verified=True, documents=list(documents)
        )
    memory.sync_index()


def _document(build: Build, file: BuildFile) -> Document:
    return Document(
        title=f"{build.project_name}: {file.path}",
        text=file.blob.text,
        source_file=file.path,
        language=file.language,
        content_type="test" if file.is_test else "code",
    )


def _codes() -> Iterator[Document]:
    for recipe in all_recipes():
        for path, text in recipe.code.items():
            yield Document(_title(recipe, path), text, f"{recipe.name}/{path}", _LANGUAGE, "code")


def _practices() -> Iterator[Document]:
    for recipe in all_recipes():
        for path, text in recipe.tests.items():
            yield Document(_title(recipe, path), text, f"{recipe.name}/{path}", _LANGUAGE, "test")


def _title(recipe: Recipe, path: str) -> str:
    return f"{recipe.title('en')}: {path}"
