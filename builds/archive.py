"""A build as one zip."""

import io
import zipfile

from builds import evidence
from builds.models.files import BuildFile

_TIME = (1980, 1, 1, 0, 0, 0)  # fixed: the same tree is the same archive, byte for byte


def zipped(folder: str, files: list[BuildFile], proved: bytes = b"") -> bytes:
    """Return the files as a zip with everything below one folder, and beside it what was proved about them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.writestr(zipfile.ZipInfo(f"{folder}/{file.path}", _TIME), bytes(file.blob.content))
        if proved:
            archive.writestr(zipfile.ZipInfo(evidence.FILE, _TIME), proved)
    return buffer.getvalue()
