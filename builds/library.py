"""What a build may learn from, and what others may learn from it: the door to memory."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import structlog
from django.db import DatabaseError, connection, transaction
from django.db.models.functions import Now

from builds import guarding, learning
from builds.agent.cookbook.library import Recipe, all_recipes
from builds.agent.values import Passage
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.selectors import files_of
from builds.states import State, Verification
from memory import retrieval, searching, uses
from memory import services as memory
from memory.citing import cites
from memory.models.vectors import ContentType
from memory.retrieval import Hit
from memory.scope import Scope
from memory.services import Document

log = structlog.get_logger(__name__)
LEAST_SHARE = 0.5
"""Of the most relevant passage's relevance: what fits less only costs tokens."""
MAX_PASSAGES = 8
"""In the context of one build; tests come after everything else, for they only say how such code is used."""
BATCH = 20
"""Builds that are put into memory in one go; a sweep comes every few seconds."""
_LANGUAGE = "python"


class BuildRetriever:
    """Search memory on behalf of one build's owner."""

    def __init__(self, build: Build) -> None:
        self._build = build

    def passages(self, query: str, *, language: str, budget_tokens: int) -> Sequence[Passage]:
        """Return the best passages, best first, within a budget; none when memory can't be asked or is not wanted.

        What is returned is written down as shown to the build. Whatever goes wrong in memory, the build goes on.
        """
        if not self._build.use_memory:
            return ()
        try:
            hits = self._chosen(query, language, budget_tokens)
            uses.record(self._build.user_id, self._build.id, hits)
        except DatabaseError as error:
            log.warning("memory.away", error=type(error).__name__)
            return ()
        except Exception:
            log.exception("memory.failed", build_id=str(self._build.id))
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
            for hit in hits
        ]

    def _chosen(self, query: str, language: str, budget_tokens: int) -> list[Hit]:
        scope = Scope(
            self._build.user_id,
            language=language,
            without=frozenset(UUID(each) for each in self._build.excluded_memory),
            for_builds=True,
        )
        hits = searching.search(self._build.user, scope, query, door=f"build:{self._build.id}", limit=2 * MAX_PASSAGES)
        fitting = [hit for hit in hits if hit.relevance >= LEAST_SHARE * max(each.relevance for each in hits)]
        allowed = [hit for hit in fitting if not guarding.is_kept_from_models(f"{hit.title}\n{hit.text}")]
        code_first = sorted(allowed, key=lambda hit: hit.content_type == ContentType.TEST)  # stable: else as ranked
        return retrieval.within_budget(code_first[:MAX_PASSAGES], budget_tokens)


def remember_waiting() -> int:
    """Offer the files of completed builds to their owners' later builds; return how many builds were put into memory.

    Whoever asks, asks for all that wait, so that a kill at a build's end only delays it. Builds that another process is
    at are passed over; a fault that is not the database's is told of, and its build not tried again.
    """
    waiting = Build.objects.filter(status=State.COMPLETED, remembered_at__isnull=True).order_by("id")
    count = 0
    for build_id in list(waiting.values_list("id", flat=True)[:BATCH]):
        try:
            count += _remember(build_id)
        except DatabaseError:
            raise
        except Exception:
            log.exception("memory.failed", build_id=str(build_id))
            Build.objects.filter(id=build_id).update(remembered_at=Now())
    return count


@transaction.atomic
def _remember(build_id: UUID) -> bool:
    can_skip = connection.features.has_select_for_update_skip_locked
    unheld = Build.objects.select_for_update(no_key=True, skip_locked=can_skip)
    build = unheld.filter(id=build_id, remembered_at__isnull=True).first()  # nobody deletes it meanwhile
    if build is None:
        return False
    _store(build)
    _settle(build)
    learning.propose_from(build)
    Build.objects.filter(id=build_id).update(remembered_at=Now())
    return True


def _store(build: Build) -> None:
    memory.index_passages(
        user_id=build.user_id,
        build_id=build.id,
        collection="code",
        verified=build.verification == Verification.VERIFIED,
        documents=[_document(build, file) for file in files_of(build.id) if file.language == build.language],
    )


def _settle(build: Build) -> None:
    """Keep which passages the delivered files took something from."""
    delivered = "\n".join(file.blob.text for file in files_of(build.id))
    shown = uses.of_build(build.id).filter(passage__isnull=False).values_list("passage_id", "passage__content")
    uses.settle(build.id, [passage_id for passage_id, text in shown if passage_id and cites(delivered, text)])


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
