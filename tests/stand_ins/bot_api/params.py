"""The parameters of a call, as JSON, as a form, or as a form with files."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from tests.stand_ins.bot_api.refusals import Json, bad_request

STRUCTURED = {
    "allowed_updates", "caption_entities", "commands", "entities", "link_preview_options", "menu_button",
    "reply_markup", "reply_parameters", "scope",
}  # fmt: skip
_NAMED = {
    "reply_markup": "reply keyboard markup JSON object",
    "commands": "commands: list of bot commands must be an Array",
}


@dataclass(frozen=True)
class Upload:
    """A file that came with a call."""

    name: str
    mime: str
    content: bytes


@dataclass(frozen=True)
class Params:
    """Read parameters the way the Bot API does: everything may be text."""

    values: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """Return a parameter as text, empty when it is not there."""
        value = self.values.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        """Return a parameter as a whole number."""
        value = self.text(name)
        return int(value) if re.fullmatch(r"-?\d{1,18}", value) else default

    def flag(self, name: str) -> bool:
        """Say whether a parameter is set to true."""
        return self.text(name).lower() in {"true", "yes", "1"}

    def structure(self, name: str) -> Any:
        """Return a nested parameter, None when it is not there."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value) if value else None
        except ValueError:
            raise bad_request(f"can't parse {_NAMED.get(name, name + ' JSON object')}") from None

    def plain(self) -> Json:
        """Return all of it for the record, files as their name and size."""
        read = {name: self._readable(name) for name in self.values}
        return read | {name: {"name": file.name, "size": len(file.content)} for name, file in self.files.items()}

    def _readable(self, name: str) -> Any:
        value = self.values[name]
        if name.endswith("_id") and isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
            return value if name == "callback_query_id" else int(value)
        try:
            return self.structure(name) if name in STRUCTURED else value
        except Exception:  # noqa: BLE001  the record keeps what can't be read as it is
            return value


def read_params(content_type: str, body: bytes, query: str) -> Params:
    """Read the parameters of a request.

    :raises Refused: the body is not what its content type says.
    """
    values: Json = dict(parse_qsl(query, keep_blank_values=True))
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        fields, files = _multipart(content_type, body)
        return Params(values | fields, files)
    if kind == "application/json":
        return Params(values | _json_object(body))
    if kind == "application/x-www-form-urlencoded":
        values |= dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    return Params(values)


def _json_object(body: bytes) -> Json:
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise bad_request("can't parse JSON object")
    return found


def _multipart(content_type: str, body: bytes) -> tuple[Json, dict[str, Upload]]:
    boundary = re.search(r'boundary="?([^";]+)', content_type)
    if not boundary:
        raise bad_request("boundary not found")
    fields: Json = {}
    files: dict[str, Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        headers = head.decode("utf-8", "replace")
        name, file_name = _disposition(headers, "name"), _disposition(headers, "filename")
        if file_name is None:
            fields[name or ""] = content.decode("utf-8", "replace")
        else:
            mime = re.search(r"(?im)^content-type:\s*([^\r\n]+)", headers)
            files[name or ""] = Upload(file_name, mime[1] if mime else "application/octet-stream", content)
    return fields, files


def _disposition(headers: str, name: str) -> str | None:
    found = re.search(rf'(?i)[;\s]{name}="((?:[^"\\]|\\.)*)"', headers)
    return re.sub(r"%22|\\(.)", lambda match: match[1] or '"', found[1]) if found else None
