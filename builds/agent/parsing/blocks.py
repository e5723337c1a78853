"""Cuts an answer into blocks and the prose between them, in one pass."""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from builds.agent.parsing.fences import End, Fence, find_end, is_quoted_fence, read_fence, without_mark

_MAX_TAG = 300
_FILE_TAG = re.compile(
    r"<(file|document|code|source|artifact)\s+(?:[a-z]+=\"[^\"]*\"\s+)?(?:file_?)?(?:path|name)\s*=\s*([^>]*)>",
    re.IGNORECASE,
)
_NAME_TAG = re.compile(r"<([A-Za-z0-9_./-]+\.[A-Za-z][A-Za-z0-9]*)>")
_PATH_TAG = re.compile(
    r"(?:</?files?>\s{0,9}){0,3}<(path|name|file_?name|file_?path)>\s{0,9}([^<>\s]{1,200})\s{0,9}</\1>\s{0,9}(?P<rest>.*)",
    re.IGNORECASE,
)
_CONTENT_TAG = re.compile(r"\s*<(contents?|code|source)>", re.IGNORECASE)
_MAX_GAP = 3
_MAX_TAIL = 20_000
_CLOSING_TAG = re.compile(r"</([A-Za-z0-9_./-]+)>")


@dataclass(frozen=True)
class Block:
    """A fenced or tagged block; ``above`` is all prose since the block before it, in order."""

    info: str
    lines: tuple[str, ...]
    above: tuple[str, ...]
    is_closed: bool
    tag_path: str = ""
    """Name from an XML tag; a block of that kind has no info string."""
    is_unescaped: bool = False
    """Its text came with ``&lt;`` instead of ``<``."""


@dataclass(frozen=True)
class Document:
    """An answer's blocks, and the prose after the last one."""

    blocks: tuple[Block, ...]
    below: tuple[str, ...]


def cut_into_blocks(text: str) -> Document:
    """Find the blocks of a cleaned answer; thoughts in the prose take the blocks inside them away."""
    scanner = _Scanner(text.removesuffix("\n").split("\n"))
    while scanner.at < len(scanner.lines):
        scanner.step()
    return _without_thoughts(Document(tuple(scanner.blocks), tuple(scanner.prose)))


def text_of(lines: Sequence[str]) -> str:
    """Join a block's lines as a file: each of them ends with a newline."""
    return "".join(f"{line}\n" for line in lines)


@dataclass
class _Scanner:
    lines: list[str]
    at: int = 0
    blocks: list[Block] = field(default_factory=list)
    prose: list[str] = field(default_factory=list)
    guess_from: int = 0
    """Guesses that failed reached up to here; a block before it must not look ahead again, or time grows quadratic."""

    unquoted_to: int = 0
    """Lines before this one had the marks of a quotation taken off."""

    def __post_init__(self) -> None:
        self.last_closing = {
            name.lower(): at
            for at, line in enumerate(self.lines)
            if "</" in line
            for name in _CLOSING_TAG.findall(line)
        }

    def step(self) -> None:
        if self.at >= self.unquoted_to and is_quoted_fence(self.lines[self.at]):
            self._unquote()
        line = self.lines[self.at]
        fence = read_fence(line)
        tag = None if fence else self._opening_tag(line)
        if fence:
            self._take_fenced(fence)
        elif tag:
            self._take_tagged(*tag)
        elif described := self._described_file(line):
            self.at, *tag_parts = described
            self._take_tagged(*tag_parts)
        else:
            self.prose.append(line)
            self.at += 1

    def _take_fenced(self, fence: Fence) -> None:
        start = self.at + 1
        end = self._find_end(start, fence)
        content = [_dedent(line, fence.indent) for line in self.lines[start : end.line]]
        is_closed = end.is_closed or _drop_trailing_fence(content, fence)
        self.at = end.next_line if end.is_closed else end.line
        if self.at >= len(self.lines) and not is_closed and not fence.info and not any(content):
            return  # A fence with nothing after it closes what was closed already.
        self._add(Block(fence.info, tuple(content), tuple(self.prose), is_closed))

    def _find_end(self, start: int, fence: Fence) -> End:
        above = [line for line in self.prose[-6:] if line.strip()][-2:]
        may_guess = start >= self.guess_from
        end = find_end(self.lines, start, fence, above=above, may_guess=may_guess)
        if end.is_closed or not end.is_guessed:
            return end
        self.guess_from = end.next_line
        return find_end(self.lines, start, fence, above=above, may_guess=False)

    def _opening_tag(self, line: str) -> tuple[str, str, str] | None:
        """Return the tag's name, the path it gives, and what follows it on the line."""
        body = line.lstrip(" \t")[:_MAX_TAG]
        if not body.startswith("<"):
            return None
        if tag := _FILE_TAG.match(body):
            value = tag[2].strip()
            path = value[1:].partition(value[0])[0] if value[:1] in {'"', "'"} else value.partition(" ")[0]
            return tag[1].lower(), path, line.lstrip(" \t")[tag.end() :]
        tag = _NAME_TAG.match(body)
        if tag and self.last_closing.get(tag[1].lower(), -1) >= self.at:
            return tag[1].lower(), tag[1], line.lstrip(" \t")[tag.end() :]
        return None

    def _unquote(self) -> None:
        """Take the marks off a quotation that holds a fence, to its end."""
        end = self.at
        while end < len(self.lines) and (
            self.lines[end].lstrip().startswith(">")
            or (not self.lines[end].strip() and "".join(self.lines[end + 1 : end + 2]).lstrip().startswith(">"))
        ):
            self.lines[end] = without_mark(self.lines[end])
            end += 1
        self.unquoted_to = end

    def _described_file(self, line: str) -> tuple[int, str, str, str] | None:
        """Read ``<path>a.py</path>`` with ``<content>`` behind or below it: its line, tag, path and what follows."""
        found = _PATH_TAG.match(line.lstrip(" \t")) if "</" in line[:_MAX_TAG] else None
        if not found:
            return None
        for at, text in enumerate([found["rest"], *self.lines[self.at + 1 : self.at + _MAX_GAP]], self.at):
            if tag := _CONTENT_TAG.match(text):
                return at, tag[1].lower(), found[2], text[tag.end() :]
            if text.strip():
                return None
        return None

    def _take_tagged(self, name: str, path: str, rest: str) -> None:
        closing = f"</{name}>"
        is_closed = self.last_closing.get(name, -1) >= self.at
        content: list[str] = []
        line = rest
        while closing not in line.lower():
            content.append(line)
            self.at += 1
            opened = self._opening_tag(self.lines[self.at]) if self.at < len(self.lines) else (name,)
            if opened and opened[0] == name:
                is_closed = False
                break
            line = self.lines[self.at]
        else:
            end = line.lower().index(closing)
            content.append(line[:end])
            self._go_on_after(line[end + len(closing) :])
        unwrapped, is_unescaped = _unwrap(content)
        self._add(Block("", tuple(unwrapped), tuple(self.prose), is_closed, path, is_unescaped))

    def _go_on_after(self, rest: str) -> None:
        """Go to the next line, or to the next file on this one."""
        following = re.sub(r"^\s{0,9}</file>", "", rest[:_MAX_TAIL]) if len(rest) < _MAX_TAIL else ""
        if _PATH_TAG.match(following.lstrip()):
            self.lines[self.at] = following
        else:
            self.at += 1

    def _add(self, block: Block) -> None:
        self.blocks.append(block)
        self.prose = []


def _dedent(line: str, indent: int) -> str:
    at = 0
    while at < indent and line[at : at + 1] in {" ", "\t"}:
        at += 1
    return line[at:]


def _drop_trailing_fence(content: list[str], fence: Fence) -> bool:
    """Close a block whose closing fence stands at the end of its last line of code."""
    last = len(content) - 1
    while last >= 0 and not content[last].strip():
        last -= 1
    ticks = fence.mark * fence.length
    if last < 0 or not content[last].rstrip().endswith(ticks):
        return False
    line = content[last].rstrip().removesuffix(ticks)
    repeated = read_fence(line)
    if repeated and repeated.info == fence.info.split(" ")[0]:
        line = ""
    content[last:] = [line.rstrip()] if line.strip() else []
    return True


def _unwrap(content: list[str]) -> tuple[list[str], bool]:
    """Take a fence, CDATA or HTML escapes off the content of a tag; say whether it was escaped."""
    lines = _trim(content)
    if len(lines) > 1 and (fence := read_fence(lines[0])) and read_fence(lines[-1]):
        return [_dedent(line, fence.indent) for line in lines[1:-1]], False
    if lines and lines[0].startswith("<![CDATA[") and lines[-1].endswith("]]>"):
        lines[0] = lines[0].removeprefix("<![CDATA[")
        lines[-1] = lines[-1].removesuffix("]]>")
        return _trim(lines), False
    text = "\n".join(lines)
    if ("&lt;" in text or "&gt;" in text) and "<" not in text and ">" not in text:
        return html.unescape(text).split("\n"), True
    return lines, False


def _trim(lines: list[str]) -> list[str]:
    start, end = 0, len(lines)
    while start < end and not lines[start].strip():
        start += 1
    while end > start and not lines[end - 1].strip():
        end -= 1
    return lines[start:end]


def _without_thoughts(document: Document) -> Document:
    """Drop the blocks between ``<think>``, or the start, and a ``</think>`` that stands in the prose."""
    kept: list[Block] = []
    mark = 0
    for block in (*document.blocks, None):
        for line in block.above if block else document.below:
            if line.strip() == "</think>":
                del kept[mark:]
            if line.strip() in {"<think>", "</think>"}:
                mark = len(kept)
        if block:
            kept.append(block)
    return Document(tuple(kept), document.below)
