"""Drawings that are written as text: none that runs code, and none that fetches anything."""

import re
from collections.abc import Mapping
from xml.parsers import expat

from agentsite.common.errors import AppError
from memory.attachments import refusals

MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 200
_ACTIVE = {"script", "foreignobject", "iframe", "object", "embed", "handler", "listener", "audio", "video", "base"}
_INSIDE = re.compile(r"(?i)(?:#|data:image/(?:png|jpe?g|gif|webp);base64,[a-z0-9+/=\s]*\Z)")
_FETCHES = re.compile(r"(?i)@import|expression\(|-moz-binding|behaviou?r:|url\((?![\"']?#)")
_ANIMATED = re.compile(r"(?i)(?:.*:)?(?:href|src|on\w*)\Z")
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0]+")
_SCHEMES = ("javascript:", "vbscript:", "data:text", "data:application", "data:image/svg")


def check(text: str) -> None:
    """Let a drawing pass.

    :raises AppError: ``attachment.unsafe_image``; ``attachment.broken`` for what is no XML.
    """
    if len(text) > MAX_CHARACTERS:
        raise refusals.too_large(MAX_CHARACTERS)
    if "<!entity" in text.lower():
        raise refusals.unsafe_image()
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    walk = _Walk()
    parser.StartElementHandler = walk.enter
    parser.EndElementHandler = walk.leave
    parser.CharacterDataHandler = walk.read
    parser.ProcessingInstructionHandler = walk.refuse
    parser.EntityDeclHandler = walk.refuse
    parser.ExternalEntityRefHandler = walk.refuse_reference
    try:
        parser.Parse(text.encode(), True)
    except (expat.ExpatError, UnicodeEncodeError):
        raise refusals.broken() from None


class _Walk:
    """Looks at each element once; keeps nothing but where it is."""

    def __init__(self) -> None:
        self._path: list[str] = []
        self._styles: list[str] = []

    def enter(self, name: str, attributes: Mapping[str, str]) -> None:
        """Look at an element."""
        local = _local(name)
        self._path.append(local)
        if local in _ACTIVE or len(self._path) > MAX_DEPTH:
            raise refusals.unsafe_image()
        for attribute, value in attributes.items():
            if _is_unsafe(_local(attribute), value):
                raise refusals.unsafe_image()

    def leave(self, _name: str) -> None:
        """Leave it; a style sheet is looked at whole."""
        if self._path.pop() == "style":
            sheet = "".join(self._styles)
            self._styles.clear()
            if "\\" in sheet or _FETCHES.search(_SPACE.sub("", sheet)):
                raise refusals.unsafe_image()

    def read(self, text: str) -> None:
        """Keep what a style sheet says; other texts do nothing."""
        if "style" in self._path:
            self._styles.append(text)

    def refuse(self, *_: object) -> None:
        """Refuse what refers to something else."""
        raise self._refusal()

    def refuse_reference(self, *_: object) -> int:
        """Refuse to look outside."""
        raise self._refusal()

    @staticmethod
    def _refusal() -> AppError:
        return refusals.unsafe_image()


def _is_unsafe(name: str, value: str) -> bool:
    squeezed = _SPACE.sub("", value).lower()
    if name.startswith("on") or any(scheme in squeezed for scheme in _SCHEMES):
        return True
    if name in {"href", "src"} and squeezed and not _INSIDE.match(value.strip()):
        return True
    if name == "attributename" and _ANIMATED.match(squeezed):
        return True
    return _FETCHES.search(squeezed) is not None or (name == "style" and "\\" in value)


def _local(name: str) -> str:
    return name.rpartition(" ")[2].rpartition(":")[2].lower()
