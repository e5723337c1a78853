"""What came with a request, on the page of its build."""

from dataclasses import dataclass
from uuid import UUID

from builds import failures
from builds.models.build import Build
from builds.models.build_attachment import BuildAttachment


@dataclass(frozen=True)
class Came:
    """One file."""

    place: int
    name: str
    family: str
    """For people."""
    text: str
    note: str
    """Why nothing was read, as a sentence."""
    is_read: bool
    file_id: UUID | None
    """None once the file itself is gone, and for whoever may not have it."""


def came_with(build: Build, reader_id: int | None) -> tuple[Came, ...]:
    """Return the files of a build, in their order; the files themselves are their owner's alone."""
    rows = BuildAttachment.objects.filter(build=build).order_by("place")
    return tuple(_came(row, is_own=reader_id == build.user_id) for row in rows)


def _came(row: BuildAttachment, *, is_own: bool) -> Came:
    return Came(
        place=row.place,
        name=row.name,
        family=row.get_family_display(),
        text=row.text,
        note=failures.message(row.note, {}) if row.note else "",
        is_read=row.read_at is not None,
        file_id=row.attachment_id if is_own else None,
    )
