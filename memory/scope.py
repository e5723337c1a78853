"""Who may read what: the owner filter of every search, built here and nowhere else."""

from dataclasses import dataclass

from django.db.models import Q, QuerySet

from memory.index import Where
from memory.models.vectors import Collection, VectorMemory

LIBRARY = "library"


def owner_key(user_id: int | None) -> str:
    """Name an owner in the vector index; None is the shared library."""
    return LIBRARY if user_id is None else f"user:{user_id}"


@dataclass(frozen=True)
class Scope:
    """What one person's search may touch: own passages and the library, on some shelves, in one language.

    :raises TypeError: the owner is not a user's id; there is no search without one.
    :raises ValueError: no shelf, or one that is not known.
    """

    user_id: int
    collections: tuple[str, ...] = tuple(Collection.values)
    language: str | None = None
    """Passages without a language serve any."""

    def __post_init__(self) -> None:
        if type(self.user_id) is not int:
            raise TypeError("memory.owner_required")
        if self.language is not None and type(self.language) is not str:
            raise TypeError("memory.language_is_text")
        if not self.collections or not all(
            isinstance(name, str) and name in Collection.values for name in self.collections
        ):
            raise ValueError("memory.unknown_collection")

    @property
    def owners(self) -> tuple[str, ...]:
        """Return the keys of those whose passages may be read."""
        return (owner_key(self.user_id), owner_key(None))

    def where(self) -> Where:
        """Return the filter for the vector index."""
        return Where(owners=self.owners, collections=self.collections, language=self.language)

    def rows(self) -> QuerySet[VectorMemory]:
        """Return the rows that may be read."""
        return self.own() | self.library()

    def own(self) -> QuerySet[VectorMemory]:
        """Return those that the person owns."""
        return self._filtered(Q(user_id=self.user_id))

    def library(self) -> QuerySet[VectorMemory]:
        """Return those that everybody shares."""
        return self._filtered(Q(user__isnull=True))

    def _filtered(self, owner: Q) -> QuerySet[VectorMemory]:
        rows = VectorMemory.objects.filter(owner, collection__in=self.collections)
        return rows if self.language is None else rows.filter(language__in=(self.language, ""))
