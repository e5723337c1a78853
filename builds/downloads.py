"""Files that leave the server: always as attachments or as plain text, never as something a browser runs."""

import tempfile

from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import FileResponse, HttpResponse

from agentsite.accounts.models import User
from audit import services as audit
from audit.models import Category
from builds import evidence
from builds.agent.errors import AgentError
from builds.agent.tree import tree_hash
from builds.archive import zipped
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.naming import folder_name
from builds.usage.ledger import Wanted
from builds.usage.spreadsheet import write_calls

Reader = User | AnonymousUser


def plain_text(file: BuildFile, *, to: Reader) -> HttpResponse:
    """Answer with one file's text."""
    content, name = named_bytes(file)
    note_file(file, to=to)
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def zip_file(build: Build, files: list[BuildFile], *, to: Reader) -> HttpResponse:
    """Answer with an archive."""
    content, name = named_zip(build, files)
    note_archive(build, files[0].attempt, to=to)
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def named_bytes(file: BuildFile) -> tuple[bytes, str]:
    """Return one file and how it is called."""
    return bytes(file.blob.content), file.path.rpartition("/")[2]


def named_zip(build: Build, files: list[BuildFile]) -> tuple[bytes, str]:
    """Return an archive and how it is called; the evidence goes with the files that it is about."""
    folder = folder_name(build.project_name)
    rows = list(build.evidence.all())
    tree = {file.path: file.blob.text for file in files}
    is_proved = rows and _hash(tree) == rows[0].tree_hash
    proved = evidence.as_bytes(evidence.document(build, rows, tree)) if is_proved else b""
    return zipped(folder, files, proved), f"{folder}.zip"


def calls_file(user: User, which: Wanted) -> FileResponse:
    """Answer with the calls of a ledger as CSV.

    :raises AppError: what ``write_calls`` refuses.
    """
    target = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    write_calls(user, which, target)
    _note("usage.exported", user, "user", str(user.pk), {"since": str(which.since), "until": str(which.until)})
    target.seek(0)
    name = f"model-calls-{which.since}-{which.until}.csv"
    return FileResponse(target, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def note_file(file: BuildFile, *, to: Reader, **more: str) -> None:
    """Write down who took one file along."""
    _note(
        "build.file_downloaded", to, "build", str(file.build_id), {"path": file.path, "attempt": file.attempt, **more}
    )


def note_archive(build: Build, attempt: int, *, to: Reader, **more: str) -> None:
    """Write down who took the files of an attempt along."""
    _note("build.downloaded", to, "build", str(build.id), {"attempt": attempt, **more})


@transaction.atomic
def _note(action: str, to: Reader, kind: str, number: str, details: dict[str, object]) -> None:
    audit.record(
        action,
        user=to if isinstance(to, User) else None,
        resource_type=kind,
        resource_id=number,
        details=details,
        category=Category.ACCESS,
    )


def _hash(tree: dict[str, str]) -> str:
    """Return a tree's hash; none for one that no build could have made, and of which nothing can have been proved."""
    try:
        return tree_hash(tree)
    except AgentError:
        return ""
