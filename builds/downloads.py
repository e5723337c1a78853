"""Files that leave the server: always as attachments or as plain text, never as something a browser runs."""

import tempfile

from django.http import FileResponse, HttpResponse

from agentsite.accounts.models import User
from builds import evidence
from builds.agent.errors import AgentError
from builds.agent.tree import tree_hash
from builds.archive import zipped
from builds.models.build import Build
from builds.models.files import BuildFile
from builds.naming import folder_name
from builds.usage.ledger import Wanted
from builds.usage.spreadsheet import write_calls


def plain_text(file: BuildFile) -> HttpResponse:
    """Answer with one file's text."""
    content, name = named_bytes(file)
    response = HttpResponse(content, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def zip_file(build: Build, files: list[BuildFile]) -> HttpResponse:
    """Answer with an archive."""
    content, name = named_zip(build, files)
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
    target.seek(0)
    name = f"model-calls-{which.since}-{which.until}.csv"
    return FileResponse(target, as_attachment=True, filename=name, content_type="text/csv; charset=utf-8")


def _hash(tree: dict[str, str]) -> str:
    """Return a tree's hash; none for one that no build could have made, and of which nothing can have been proved."""
    try:
        return tree_hash(tree)
    except AgentError:
        return ""
