"""Who may read what: the owner filter of every search, built here and nowhere else."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from memory.index import Where
from memory.models.exclusion import Exclusion
from memory.models.vectors import Collection, ContentType, VectorMemory
from memory.texts import language_name

LIBRARY = "library"


def owner_key(user_id: int | None) -> str:
    """Name an owner in the vector index; None is the shared library."""
    return LIBRARY if user_id is None else f"user:{user_id}"


@dataclass(frozen=True)
class Scope:
    """What one person's search may touch: own passages and the library, as far as they fit.

    :raises TypeError: the owner is not a user's id; there is no search without one. Or a filter is not what it says.
    :raises ValueError: no shelf, or one that is not known; an unknown kind of content.
    """

    user_id: int
    collections: tuple[str, ...] = tuple(Collection.values)
    language: str | None = None
    """A programming language; passages without one serve any."""
    content_types: tuple[str, ...] = ()
    """Kinds of content; empty: all."""
    build_id: UUID | None = None
    """Only what this build left."""
    without: frozenset[UUID] = frozenset()
    """Passages, and builds whose passages, are not wanted."""
    for_builds: bool = False
    """Leave out what the reader excluded from the context of builds."""

    def __post_init__(self) -> None:
        if type(self.user_id) is not int:
            raise TypeError("memory.owner_required")
        if self.language is not None and type(self.language) is not str:
            raise TypeError("memory.language_is_text")
        if not isinstance(self.build_id, UUID | None) or not all(isinstance(one, UUID) for one in self.without):
            raise TypeError("memory.id_is_a_uuid")
        if not self.collections or not _are_all(self.collections, Collection.values):
            raise ValueError("memory.unknown_collection")
        if not _are_all(self.content_types, ContentType.values):
            raise ValueError("memory.unknown_content_type")
        object.__setattr__(self, "language", language_name(self.language or "") or None)

    @property
    def is_narrow(self) -> bool:
        """Whether it asks for what the vector index doesn't know of."""
        return self.build_id is not None or bool(self.content_types)

    @property
    def owners(self) -> tuple[str, ...]:
        """Return the keys of those whose passages may be read."""
        return (owner_key(self.user_id), owner_key(None))

    def where(self) -> Where:
        """Return the filter for the vector index."""
        return Where(owners=self.owners, collections=self.collections, language=self.language)

    def rows(self) -> QuerySet[VectorMemory]:
        """Return the rows that may be read."""
        owner = Q(user_id=self.user_id) | Q(user__isnull=True)
        rows = VectorMemory.objects.filter(owner, collection__in=self.collections)
        if self.language is not None:
            rows = rows.filter(language__in=(self.language, ""))
        if self.content_types:
            rows = rows.filter(content_type__in=self.content_types)
        if self.build_id is not None:
            rows = rows.filter(build_id=self.build_id)
        if self.without:
            rows = rows.exclude(id__in=self.without).exclude(build_id__isnull=False, build_id__in=self.without)
        return rows.exclude(self._is_excluded()) if self.for_builds else rows

    def telling(self, rows: QuerySet[VectorMemory]) -> QuerySet[VectorMemory]:
        """Say of each row, as ``is_excluded``, whether its reader keeps it out of the context of builds."""
        return rows.annotate(is_excluded=self._is_excluded())

    def _is_excluded(self) -> Exists:
        named = Q(passage_id=OuterRef("id")) | Q(build_id=OuterRef("build_id"))
        return Exists(Exclusion.objects.filter(named, user_id=self.user_id))


def _are_all(names: tuple[str, ...], known: list[str]) -> bool:
    return all(isinstance(name, str) and name in known for name in names)
