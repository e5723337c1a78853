"""Files that went through the API, by their id and by the path they are fetched from."""

from dataclasses import dataclass
from pathlib import PurePosixPath

from tests.stand_ins.bot_api.refusals import Json, bad_request

LARGEST_DOWNLOAD_BYTES = 20 * 1024 * 1024
FOLDERS = {"document": "documents", "photo": "photos", "voice": "voice"}


@dataclass(frozen=True)
class StoredFile:
    """A file; ``size`` is what is told of it, which may be more than there is."""

    id: str
    kind: str
    name: str
    mime: str
    content: bytes
    size: int
    path: str

    def wire(self) -> Json:
        """Return what every kind of file tells."""
        return {"file_id": self.id, "file_unique_id": f"U{self.id}", "file_size": self.size}

    def described(self) -> Json:
        """Return it as a message has it."""
        if self.kind == "photo":
            return {"photo": [{**self.wire(), "width": width, "height": width} for width in (90, 320)]}
        if self.kind == "voice":
            return {"voice": {**self.wire(), "duration": 1, "mime_type": self.mime}}
        return {"document": {**self.wire(), "file_name": self.name, "mime_type": self.mime}}


class Files:
    """All files of the bot."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def keep(self, kind: str, name: str, mime: str, content: bytes, size: int | None = None) -> StoredFile:
        """Store a file."""
        number = len(self._files) + 1
        path = f"{FOLDERS[kind]}/file_{number}{PurePosixPath(name).suffix}"
        told = len(content) if size is None else size
        file = StoredFile(f"AgADBAAD{kind[0]}{number:06}", kind, name, mime, content, told, path)
        self._files[file.id] = file
        return file

    def get(self, file_id: str) -> StoredFile | None:
        """Return a file by its id."""
        return self._files.get(file_id)

    def offered(self, file_id: str) -> Json:
        """Say where a file can be fetched.

        :raises Refused: there is none, or it is too large.
        """
        file = self._files.get(file_id)
        if file is None:
            raise bad_request("invalid file_id")
        if file.size > LARGEST_DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return {**file.wire(), "file_path": file.path}

    def at(self, path: str) -> StoredFile | None:
        """Return the file that is fetched from a path."""
        return next((file for file in self._files.values() if file.path == path), None)
