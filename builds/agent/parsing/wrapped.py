"""Files that a model put into JSON although it was asked not to."""

import re

from pydantic import JsonValue

from builds.agent.parsing.blocks import Document
from builds.agent.parsing.paths import looks_explicit, path_in_info, tidy_path
from builds.agent.parsing.structured import decode_json
from builds.agent.parsing.tags import tag_of

_PATH_KEYS = ("path", "file_path", "filepath", "filename", "file", "name")
_TEXT_KEYS = ("content", "contents", "code", "source", "text")
_LIST_KEYS = ("files", "changes", "project")
_OPENING = re.compile(r"\s*[\[{]")


def files_in_json(text: str, document: Document) -> list[tuple[str, str]]:
    """Return path and text of the files when the whole answer, or its only block, is JSON that holds files."""
    blocks = document.blocks
    if _OPENING.match(text):
        source = text
    elif len(blocks) == 1 and tag_of(blocks[0].info) in {"json", ""} and not path_in_info(blocks[0].info):
        source = "\n".join(blocks[0].lines)
    else:
        return []
    opening = _OPENING.match(source)
    return _files(decode_json(source, opening.end() - 1)[0]) if opening else []


def _files(value: JsonValue) -> list[tuple[str, str]]:
    if isinstance(value, list):
        entries = [_entry(item) for item in value]
        return [entry for entry in entries if entry] if all(entries) else []
    if not isinstance(value, dict):
        return []
    for key in _LIST_KEYS:
        if isinstance(value.get(key), list | dict):
            return _files(value[key])
    if entry := _entry(value):
        return [entry]
    if all(looks_explicit(path) and isinstance(_text(item), str) for path, item in value.items()):
        return [(tidy_path(path), _text(item) or "") for path, item in value.items()]
    return []


def _entry(item: JsonValue) -> tuple[str, str] | None:
    """Read ``{"path": …, "content": …}``."""
    if not isinstance(item, dict):
        return None
    path = next((item[key] for key in _PATH_KEYS if key in item), None)
    text = _text(item)
    return (tidy_path(path), text) if isinstance(path, str) and text is not None else None


def _text(item: JsonValue) -> str | None:
    """Return a file's text, given as it is, as a list of lines, or under one of the usual keys."""
    if isinstance(item, dict):
        item = next((item[key] for key in _TEXT_KEYS if key in item), None)
    if isinstance(item, list) and all(isinstance(line, str) for line in item):
        return "".join(f"{line}\n" for line in item)
    return item if isinstance(item, str) else None
