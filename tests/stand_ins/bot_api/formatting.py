"""Texts with entities: HTML as strictly as the documentation has it, and the offsets in UTF-16 code units."""

import re
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from tests.stand_ins.bot_api.refusals import Json, Refused, bad_request

KINDS = {
    "b": "bold", "strong": "bold", "i": "italic", "em": "italic", "u": "underline", "ins": "underline",
    "s": "strikethrough", "strike": "strikethrough", "del": "strikethrough", "tg-spoiler": "spoiler", "span": "spoiler",
    "a": "text_link", "code": "code", "pre": "pre", "blockquote": "blockquote",
}  # fmt: skip
NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
ATTRIBUTES = {"a": "href", "code": "class", "span": "class", "blockquote": "expandable"}
_BLANK = " \t\r\n"
_PLAIN = re.compile(r"[^<>&]+")
_REFERENCE = re.compile(r"&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|([A-Za-z]+));")
_END_TAG = re.compile(r"</([^\s>]*)\s*(>?)")
_START_TAG = re.compile(r"<([^\s>]*)")
_ATTRIBUTE = re.compile(r"\s+([^\s=>]+)(\s*=\s*)?(\"[^\"]*\"|'[^']*'|[^\s>]*)")
_CLOSING = re.compile(r"\s*>")
_COMMAND = re.compile(r"(?<!\S)/[A-Za-z0-9_]{1,64}(?:@\w+)?")


class Formatted(NamedTuple):
    """A text as it is shown."""

    plain: str
    entities: list[Json]


def units(text: str) -> int:
    """Return the length of a text in UTF-16 code units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def formatted(text: str, parse_mode: str, entities: Any = None) -> Formatted:
    """Return what is shown of a text, without the blanks around it.

    :raises Refused: the text can't be parsed.
    """
    if not parse_mode:
        given = entities if isinstance(entities, list) else []
        return _trimmed(Formatted(text, sorted(given, key=_order)))
    if parse_mode.lower() != "html":
        raise bad_request("unsupported parse_mode")
    return _trimmed(_Html(text).parse())


def commands_in(text: str) -> list[Json]:
    """Return the entities of the commands in what a user wrote."""
    return [
        {"type": "bot_command", "offset": units(text[: found.start()]), "length": units(found[0])}
        for found in _COMMAND.finditer(text)
    ]


def _order(entity: Json) -> tuple[int, int]:
    return entity["offset"], -entity["length"]


def _trimmed(shown: Formatted) -> Formatted:
    plain = shown.plain.strip(_BLANK)
    cut = units(shown.plain) - units(shown.plain.lstrip(_BLANK))
    end, kept = units(plain), []
    for entity in shown.entities:
        start = max(0, entity["offset"] - cut)
        length = min(end, entity["offset"] + entity["length"] - cut) - start
        if length > 0:
            kept.append(entity | {"offset": start, "length": length})
    return Formatted(plain, kept)


@dataclass(frozen=True)
class _Open:
    tag: str
    offset: int
    position: int
    attributes: dict[str, str] = field(default_factory=dict)


class _Html:
    def __init__(self, source: str) -> None:
        self.source = source
        self.at = 0
        self.plain = ""
        self.open: list[_Open] = []
        self.entities: list[Json] = []

    def parse(self) -> Formatted:
        while self.at < len(self.source):
            self._step()
        if self.open:
            raise _unparsable(f"Can't find end tag corresponding to start tag {self.open[-1].tag}")
        return Formatted(self.plain, [_told(entity) for entity in sorted(self.entities, key=_order)])

    def _step(self) -> None:
        if plain := _PLAIN.match(self.source, self.at):
            self.plain += plain[0]
            self.at = plain.end()
        elif self.source[self.at] == "&":
            self._reference()
        elif self.source.startswith("</", self.at):
            self._end()
        elif self.source[self.at] == "<":
            self._start()
        else:
            raise self._wrong('Unescaped ">"')

    def _reference(self) -> None:
        found = _REFERENCE.match(self.source, self.at)
        shown = _referenced(found) if found else ""
        if not found or not shown:
            raise self._wrong("Unsupported HTML entity")
        self.plain += shown
        self.at = found.end()

    def _start(self) -> None:
        found = _START_TAG.match(self.source, self.at)
        tag = found[1].lower() if found else ""
        if not found or not self.source[found.end() :]:
            raise self._wrong("Unclosed start tag")
        if tag not in KINDS:
            raise self._wrong(f'Unsupported start tag "{tag}"')
        attributes, end = self._attributes(tag, found.end())
        if tag == "span" and attributes.get("class") != "tg-spoiler":
            raise self._wrong('Tag "span" must have class "tg-spoiler"')
        self.open.append(_Open(tag, units(self.plain), len(self.plain), attributes))
        self.at = end

    def _attributes(self, tag: str, at: int) -> tuple[dict[str, str], int]:
        found: dict[str, str] = {}
        while not (closing := _CLOSING.match(self.source, at)):
            attribute = _ATTRIBUTE.match(self.source, at)
            if not attribute:
                raise self._wrong("Unclosed start tag")
            name, equals, value = attribute.groups()
            found[name] = self._value(tag, name, equals, value)
            at = attribute.end() if equals else attribute.end(1)
        return found, closing.end()

    def _value(self, tag: str, name: str, equals: str | None, value: str) -> str:
        if name != ATTRIBUTES.get(tag):
            raise self._wrong(f'Unsupported attribute "{name}" of the tag "{tag}"')
        if not equals and name != "expandable":
            raise self._wrong(f'Expected equal sign in declaration of an attribute of the tag "{tag}"')
        if equals and value[:1] not in {'"', "'"}:
            raise self._wrong("Unexpected end of name token")
        return _REFERENCE.sub(lambda found: _referenced(found) or found[0], value[1:-1]) if equals else ""

    def _end(self) -> None:
        found = _END_TAG.match(self.source, self.at)
        if not self.open:
            raise self._wrong("Unexpected end tag")
        if not found or not found[2]:
            raise self._wrong("Unclosed end tag")
        opened = self.open.pop()
        if found[1].lower() != opened.tag:
            reason = f', expected "</{opened.tag}>", found "</{found[1].lower()}>"'
            raise _unparsable(f"Unmatched end tag at byte offset {self._byte()}{reason}")
        self._close(opened)
        self.at = found.end()

    def _close(self, opened: _Open) -> None:
        entity: Json = {"type": KINDS[opened.tag], "offset": opened.offset, "length": units(self.plain) - opened.offset}
        if not entity["length"]:
            return
        if opened.tag == "a":
            self._link(entity, opened.attributes.get("href") or self.plain[opened.position :])
            return
        if opened.tag == "blockquote" and "expandable" in opened.attributes:
            entity["type"] = "expandable_blockquote"
        language = opened.attributes.get("class", "") if opened.tag == "code" else ""
        if language.startswith("language-"):
            entity["language"] = language.removeprefix("language-")
        self.entities.append(_merged(self.entities, entity))

    def _link(self, entity: Json, url: str) -> None:
        parts = urlsplit(url)
        mentioned = re.fullmatch(r"tg://user\?id=(\d{1,18})", url)
        if mentioned:
            user = {"id": int(mentioned[1]), "is_bot": False, "first_name": "Somebody"}
            self.entities.append(entity | {"type": "text_mention", "user": user})
        elif parts.scheme in {"http", "https", "tg"} and parts.netloc:
            self.entities.append(entity | {"url": url})

    def _byte(self) -> int:
        return len(self.source[: self.at].encode("utf-8", "surrogatepass"))

    def _wrong(self, reason: str) -> Refused:
        return _unparsable(f"{reason} at byte offset {self._byte()}")


def _merged(entities: list[Json], entity: Json) -> Json:
    """Make one of a ``pre`` and the ``code`` that fills it."""
    last = entities[-1] if entities else {}
    covers = (last.get("offset"), last.get("length")) == (entity["offset"], entity["length"])
    if entity["type"] == "pre" and covers and last["type"] == "code":
        entities.pop()
        return entity | ({"language": last["language"]} if "language" in last else {})
    return entity


def _referenced(found: re.Match[str]) -> str:
    hexadecimal, decimal, name = found.groups()
    if name:
        return NAMED.get(name, "")
    code = int(hexadecimal, 16) if hexadecimal else int(decimal)
    return chr(code) if 0 < code < 0x10FFFF and not 0xD800 <= code <= 0xDFFF else ""


def _unparsable(reason: str) -> Refused:
    return bad_request(f"can't parse entities: {reason}")


def _told(entity: Json) -> Json:
    """Only a ``pre`` tells its language."""
    return {key: value for key, value in entity.items() if key != "language" or entity["type"] == "pre"}
