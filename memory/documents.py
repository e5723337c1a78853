"""One's own documents in memory: brought in, listed, taken out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import IO

from django.db import transaction
from django.db.models import Count, Max, Q, QuerySet, Sum, Value
from django.db.models.functions import Left, Length
from django.db.models.lookups import Exact
from django.utils.translation import gettext as _

from agentsite.accounts.models import User
from agentsite.accounts.roles import refuse_viewers
from agentsite.common.errors import AppError, invalid
from audit import services as audit
from memory import archives, services
from memory.archives import TextFile, Unpacked
from memory.models.vectors import Collection, ContentType, VectorMemory
from memory.services import Document
from memory.texts import clean

MAX_PASSAGES = 20_000
"""Of one's own documents together."""
MAX_AT_ONCE = 5_000
"""Of one upload; more would keep other writers waiting."""
BATCH = 50
MAX_NAME = 200
OWN = (Collection.CODE, Collection.DOCS)


@dataclass(frozen=True)
class Imported:
    """What came of an upload."""

    files: int
    passages: int
    skipped: int


@dataclass(frozen=True)
class OwnDocument:
    """A file in memory, and what it takes."""

    source_file: str
    passages: int
    characters: int
    imported_at: datetime


def import_upload(*, user: User, name: str, stream: IO[bytes], size: int) -> Imported:
    """Remember a text, a code file or a zip of a repository; the same name again replaces what was there.

    :raises AppError: ``request.invalid`` with what is wrong about the file; ``request.forbidden`` for a viewer;
        ``memory.full``.
    """
    refuse_viewers(user)
    shown = _name(name)
    if size > archives.MAX_UPLOAD_BYTES:
        most = archives.MAX_UPLOAD_BYTES // 1_000_000
        raise invalid(file=_("A file can have %(most)d MB at most. Bring it in parts.") % {"most": most})
    if not shown.lower().endswith(".zip"):
        return _remember(user, shown, archives.single(shown, stream.read(archives.MAX_FILE_BYTES + 1)))
    found = archives.unpacked(stream)
    files = [TextFile(f"{shown}/{file.path}", file.text, file.language) for file in found.files]
    return _remember(user, shown, Unpacked(files, found.skipped))


def import_text(*, user: User, name: str, text: str) -> Imported:
    """Remember a text under a name; its ending says what it is, and without one it is prose.

    :raises AppError: as ``import_upload``.
    """
    refuse_viewers(user)
    shown = _name(name)
    path = shown if "." in shown else f"{shown}.txt"
    return _remember(user, path, archives.single(path, clean(text).encode()))


def _remember(user: User, name: str, found: Unpacked) -> Imported:
    """Cut everything first and store it then: a transaction that cuts would hold up every other writer."""
    if not found.files:
        raise invalid(file=_("There is no text of a known kind in it."))
    parts, room = list[services.Prepared](), MAX_AT_ONCE
    for collection in OWN:
        files = [file for file in found.files if (collection == Collection.CODE) == bool(file.language)]
        for start in range(0, len(files), BATCH):
            documents = [_document(file) for file in files[start : start + BATCH]]
            parts.append(services.prepare(user_id=user.id, collection=collection, documents=documents))
            room -= parts[-1].count
            if room < 0:
                raise invalid(
                    file=_("This makes more than %(most)d passages. Bring it in parts.") % {"most": MAX_AT_ONCE}
                )
    return _store(user, name, parts, found)


@transaction.atomic
def _store(user: User, name: str, parts: Sequence[services.Prepared], found: Unpacked) -> Imported:
    _take_turns(user)
    others = documents_of(user).exclude(_is_of(name)).count()
    if others + sum(part.count for part in parts) > MAX_PASSAGES:
        raise AppError(
            "memory.full",
            _("Your documents would take more than %(most)d passages.") % {"most": MAX_PASSAGES},
            hint=_("Delete documents that are not needed any more, or bring less."),
            http_status=409,
        )
    rows = documents_of(user).filter(_is_of(name))
    rows.exclude(source_file__in=[file.path for file in found.files]).delete()
    for part in parts:
        services.store(part)
    told = Imported(len(found.files), rows.count(), found.skipped)
    _audit("memory.documents_imported", user, name, {"files": told.files, "passages": told.passages})
    return told


def _take_turns(user: User) -> None:
    """Let one import or deletion of an owner wait for the other, so that one of them stands whole in the end."""
    User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()


@transaction.atomic
def delete_document(*, user: User, name: str) -> int:
    """Take a file, or all files of an archive, out of memory; return how many passages there were."""
    name = clean(name)
    _take_turns(user)
    deleted = documents_of(user).filter(_is_of(name)).delete()[1].get("memory.VectorMemory", 0)
    if deleted:
        services.follow_on_commit()
        _audit("memory.document_deleted", user, name, {"passages": deleted})
    return deleted


def documents_of(user: User) -> QuerySet[VectorMemory]:
    """Return the passages of somebody's own documents."""
    return VectorMemory.objects.filter(user=user, build__isnull=True, collection__in=OWN)


def listed(user: User, *, after: str = "", words: str = "", limit: int = 50) -> Sequence[OwnDocument]:
    """Return documents by name, those after a name alone, and whose names hold some words."""
    rows = documents_of(user).filter(source_file__gt=after, source_file__icontains=words)
    counted = rows.values("source_file").annotate(
        passages=Count("id"), characters=Sum(Length("content")), imported_at=Max("created_at")
    )
    ordered = counted.order_by("source_file")
    return [OwnDocument(**row) for row in ordered.values(*OwnDocument.__annotations__)[:limit]]


def _is_of(name: str) -> Q:
    folder = f"{name}/"  # compared as it is: SQLite's LIKE knows no cases, and a collation may pass over a slash
    return Q(source_file=name) | Q(Exact(Left("source_file", len(folder)), Value(folder)))


def _name(name: str) -> str:
    shown = clean(" ".join(name.replace("\\", "/").split())).rpartition("/")[2]
    if not shown or len(shown) > MAX_NAME or not shown.isprintable():
        raise invalid(name=_("Give a name of 1 to %(most)d letters that can be shown.") % {"most": MAX_NAME})
    return shown


def _document(file: TextFile) -> Document:
    kind = ContentType.CODE if file.language else ContentType.DOCUMENTATION
    return Document(file.path, file.text, file.path[:500], file.language, kind.value)


def _audit(action: str, user: User, name: str, details: dict[str, object]) -> None:
    audit.record(action, user=user, resource_type="document", resource_id=name[:64], details=details)
