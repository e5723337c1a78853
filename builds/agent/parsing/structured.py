"""JSON out of a chat answer: prose around it, comments and trailing commas inside it do no harm."""

import json
import math
import re
from collections.abc import Iterator
from typing import cast

from pydantic import JsonValue

from builds.agent.parsing.cleaning import clean
from builds.agent.values import JsonDict

MAX_DEPTH = 64
_MAX_TRIES = 16

_FENCED = re.compile(r"```json[a-z0-9]*\s", re.IGNORECASE)
# What may follow the brace of an object; set notation, code and templates in the prose mostly fail here.
_OBJECT = re.compile(r'\{(?=\s*["/}])')
_STRING_STOP = re.compile(r'["\\]')
_RUN = re.compile(r'[^"/,{}\[\]]+')
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def extract_json(text: str) -> JsonDict | None:
    """Return the first JSON object of an answer, a fenced one before a bare one; None when there is none.

    An object that is broken or cut off is skipped as a whole: a part of it is never taken for the answer.
    """
    answer = clean(text).text
    for start in _starts(answer):
        value, _ = decode_json(answer, start)
        if isinstance(value, dict):
            return value
    return None


def decode_json(text: str, start: int) -> tuple[JsonValue | None, int]:
    """Read the object or array that begins at ``start``; return it, or None, and where it ends."""
    repaired, end = _repair(text, start)
    if not repaired:
        return None, end
    try:
        return sound_json(json.loads(repaired, strict=False)), end
    except (ValueError, RecursionError):
        return None, end


def sound_json(value: object, depth: int = 0) -> JsonValue:
    """Return a decoded value as it can be stored: characters that no database takes are replaced.

    :raises ValueError: deeper than ``MAX_DEPTH``, or a number that JSON does not know.
    """
    if depth > MAX_DEPTH or (isinstance(value, float) and not math.isfinite(value)):
        raise ValueError("unsound")
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, list):
        return [sound_json(item, depth + 1) for item in value]
    if isinstance(value, dict):
        return {_UNSTORABLE.sub("\ufffd", str(key)): sound_json(item, depth + 1) for key, item in value.items()}
    return cast("JsonValue", value)


def _starts(text: str) -> Iterator[int]:
    """Yield where an object may begin, at most ``_MAX_TRIES`` times; never inside one that was yielded before."""
    tries = 0
    # An answer that is an object from its first character may well hold a fence inside a string.
    for opening in (_OBJECT, _FENCED) if text.lstrip().startswith("{") else (_FENCED, _OBJECT):
        at = 0
        while tries < _MAX_TRIES and (found := opening.search(text, at)):
            start = text.find("{", found.start())
            if start < 0:
                break
            tries += 1
            yield start
            at = max(_repair(text, start)[1], found.end())


def _repair(text: str, start: int) -> tuple[str, int]:
    """Copy one balanced object or array without comments and trailing commas.

    Returns the copy, empty when it never ends or is too deep, and the position behind it.
    """
    pieces: list[str] = []
    last = 0
    depth = 0
    at = start
    while at < len(text):
        end = _token_end(text, at)
        token = text[at:end]
        at = end
        if token.startswith(("//", "/*")):
            continue
        depth += (token in {"{", "["}) - (token in {"}", "]"})
        if token in {"}", "]"} and pieces[last] == ",":
            pieces[last] = ""
        pieces.append(token)
        last = last if token.isspace() else len(pieces) - 1
        if depth == 0 or depth > MAX_DEPTH:
            return ("" if depth else "".join(pieces)), at
    return "", len(text)


def _token_end(text: str, at: int) -> int:
    character = text[at]
    if character == '"':
        return _string_end(text, at + 1)
    if text.startswith("//", at):
        end = text.find("\n", at)
        return end if end >= 0 else len(text)
    if text.startswith("/*", at):
        end = text.find("*/", at + 2)
        return end + 2 if end >= 0 else len(text)
    run = _RUN.match(text, at)
    return run.end() if run else at + 1


def _string_end(text: str, at: int) -> int:
    while stop := _STRING_STOP.search(text, at):
        if stop[0] == '"':
            return stop.end()
        at = stop.end() + 1
    return len(text)
