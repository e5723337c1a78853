"""Files that leave the server: always as attachments or as plain text, never as something a browser runs."""

from django.http import HttpResponse

from builds.archive import zipped
from builds.models.files import BuildFile


def plain_text(file: BuildFile) -> HttpResponse:
    """Answer with one file's text."""
    name = file.path.rpartition("/")[2]
    response = HttpResponse(bytes(file.blob.content), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def zip_file(folder: str, files: list[BuildFile]) -> HttpResponse:
    """Answer with an archive."""
    response = HttpResponse(zipped(folder, files), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{folder}.zip"'
    return response
