"""Where a model writes the name of a file: in a fence's info string, in a comment, in a heading."""

import re
from dataclasses import dataclass

from builds.agent.parsing.tags import TAGS

_MAX_LINE = 300
# fmt: off
_KNOWN_EXTENSIONS = frozenset({
    "py", "pyi", "js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "json", "md", "markdown", "rst", "txt", "toml",
    "cfg", "ini", "yaml", "yml", "html", "htm", "css", "csv", "tsv", "sql", "sh", "bash", "ps1", "bat", "xml", "svg",
    "rb", "go", "rs", "java", "kt", "c", "h", "cc", "cpp", "hpp", "cs", "php", "lua", "r", "pl", "swift", "in", "env",
    "lock", "pth", "so",
})
# fmt: on
_BARE_NAMES = frozenset({"Makefile", "Dockerfile", "LICENSE", "README", "CHANGELOG", "Procfile", "Gemfile"})
# Names of products that look like files.
_PRODUCTS = frozenset(
    f"{name}.js"
    for name in ("node", "next", "vue", "nuxt", "react", "express", "three", "d3", "chart", "moment", "ember")
)
_HIDDEN_FILES = (".env", ".git")
_EXTENSION = re.compile(r"\.[A-Za-z][A-Za-z0-9]{0,9}$")
_KEYED = re.compile(
    r"""\b(whole|title|file|filename|filepath|path|name|src)\s*[=:]\s*("[^"]*"|'[^']*'|[^\s{},;]+)""", re.IGNORECASE
)
_COMMENT_MARKS = ("<!--", "/*", "//", "--", "#", ";", "%")
_LABEL = re.compile(
    r"(?:file\s*name|file\s*path|file|path|filename|module|имя файла|файл|путь)\s*\d*\s*[:=]\s*", re.IGNORECASE
)
_LIST_MARK = re.compile(r"(?:\d{1,3}[.)]|[-*+•>])\s+")
_AROUND = " \t`*\"'()[]{}<>«»“”,;:!"
_RULES = " \t#=-*~"


@dataclass(frozen=True)
class FoundPath:
    """A name as the model wrote it, tidied but not yet checked.

    ``is_alone``: nothing but the name stood there. ``is_whole``: the block is a file even if it looks like an edit.
    """

    path: str
    is_alone: bool = True
    is_whole: bool = False


def tidy_path(raw: str) -> str:
    """Write a model's path the way the server does: slashes, relative to the project; it may still be unsafe."""
    path = raw.strip().strip("`\"'").replace("\\", "/")
    for prefix in ("/work/", "./"):
        while path.startswith(prefix):
            path = path[len(prefix) :]
    return path


def extension_of(path: str) -> str:
    """Return what follows the last dot of the last segment, in lower case; empty without a dot."""
    name = path.rsplit("/", 1)[-1]
    return name.rsplit(".", 1)[-1].lower() if "." in name else ""


def path_in_info(info: str) -> FoundPath | None:
    """Find the name in what follows a fence's backticks, e.g. ``python roman.py`` or ``python {file=roman.py}``."""
    info = info[:_MAX_LINE]
    if keyed := _KEYED.search(info):
        value = keyed[2].strip("\"'")
        if keyed[1].lower() == "whole" or looks_explicit(value):
            return FoundPath(tidy_path(value), is_whole=keyed[1].lower() == "whole")
    for word in info.split():
        token = _without_tag(word.strip(_AROUND))
        if looks_explicit(token):
            return FoundPath(tidy_path(token))
    return None


def path_in_comment(line: str) -> FoundPath | None:
    """Find the name in a comment that starts with it, e.g. ``# file: roman.py`` or ``<!-- index.html -->``."""
    line = line.strip()[:_MAX_LINE]
    mark = next((mark for mark in _COMMENT_MARKS if line.startswith(mark)), "")
    if not mark or line.startswith("#!"):
        return None
    words = line.lstrip("#/-;%<!*").removesuffix("-->").removesuffix("*/").strip()
    words = _LABEL.sub("", words, count=1) if _LABEL.match(words) else words
    first, _, rest = words.partition(" ")
    token = first.strip(_AROUND)
    is_name = looks_like_file(token) and (
        not rest.strip() or first.endswith(":") or rest.lstrip()[:1] in {"-", "–", "—"}
    )
    return FoundPath(tidy_path(token), is_alone=not rest.strip()) if is_name else None


def path_in_heading(line: str) -> FoundPath | None:
    """Find the only name in a line above a block; ``is_alone`` when the line says little else.

    A line with two names says nothing about the block below it.
    """
    line = line[:_MAX_LINE].replace("\\_", "_").strip()
    bare = (
        _LIST_MARK.sub("", line.strip(_RULES), count=1) if _LIST_MARK.match(line.strip(_RULES)) else line.strip(_RULES)
    )
    bare = _LABEL.sub("", bare.strip(_AROUND), count=1) if _LABEL.match(bare.strip(_AROUND)) else bare
    names = [name for word in bare.split() if looks_like_file(name := word.strip(_AROUND).rstrip("."))]
    if len(names) != 1:
        return None
    is_title = line.startswith(("#", "**", "==", "--"))
    return FoundPath(tidy_path(names[0]), is_alone=is_title or len(bare.split()) == 1)


def looks_explicit(token: str) -> bool:
    """Say whether a word in an explicit place can only be a path: it has a slash, an ending or a well-known name."""
    if not token or "://" in token or any(character.isspace() for character in token):
        return False
    if token.startswith(".") and "/" not in token:
        # ``{.python .numbered}`` are classes.
        return token.startswith(_HIDDEN_FILES)
    return "/" in token or "\\" in token or token in _BARE_NAMES or bool(_EXTENSION.search(token))


def looks_like_file(token: str) -> bool:
    """Say whether a word in running text is the name of a file, judged by a well-known ending."""
    if (
        not token
        or "://" in token
        or "(" in token
        or token.lower() in _PRODUCTS
        or any(character.isspace() for character in token)
    ):
        return False
    is_known = extension_of(token.replace("\\", "/")) in _KNOWN_EXTENSIONS
    return token in _BARE_NAMES or (is_known and not token.endswith("/"))


def _without_tag(token: str) -> str:
    """Take the language off ``python:roman.py``."""
    tag, colon, rest = token.partition(":")
    return rest if colon and tag.lower() in TAGS else token
