"""The language tags that models write after a fence, and which files such a block can be."""

from collections.abc import Mapping

_PYTHON = frozenset({"py", "pyi"})
_JAVASCRIPT = frozenset({"js", "mjs", "cjs", "jsx"})
_TYPESCRIPT = frozenset({"ts", "mts", "cts", "tsx"})
_SHELL = frozenset({"sh", "bash", "ps1", "bat"})
_TEXT = frozenset({"txt", "csv", "tsv", "cfg", "ini", "toml", "md", "in", "lock"})
_NOTHING: frozenset[str] = frozenset()

TAGS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("python", "py", "python3"), _PYTHON),
    **dict.fromkeys(("javascript", "js", "node", "mjs", "jsx"), _JAVASCRIPT),
    **dict.fromkeys(("typescript", "ts", "mts", "cts", "tsx"), _TYPESCRIPT),
    **dict.fromkeys(("bash", "sh", "shell", "zsh", "powershell", "cmd", "bat"), _SHELL),
    **dict.fromkeys(("console", "terminal", "pycon", "output", "stdout", "log", "traceback"), _NOTHING),
    **dict.fromkeys(("text", "txt", "plaintext", "plain"), _TEXT),
    **dict.fromkeys(("markdown", "md"), frozenset({"md", "markdown"})),
    **dict.fromkeys(("json", "jsonc"), frozenset({"json"})),
    **dict.fromkeys(("yaml", "yml"), frozenset({"yaml", "yml"})),
    **dict.fromkeys(("diff", "patch", "udiff"), frozenset({"diff", "patch"})),
    "toml": frozenset({"toml"}),
    "ini": frozenset({"ini", "cfg"}),
    "html": frozenset({"html", "htm"}),
    "css": frozenset({"css"}),
    "sql": frozenset({"sql"}),
    "csv": frozenset({"csv"}),
    "xml": frozenset({"xml", "svg"}),
    "rst": frozenset({"rst"}),
}
"""Fence tag → endings of the files that a block with this tag can be."""

DIFF_TAGS = frozenset({"diff", "patch", "udiff"})
MARKDOWN_EXTENSIONS = frozenset({"md", "markdown", "rst"})
_UNTAGGED = frozenset({"", "code"})


def tag_of(info: str) -> str:
    """Return the first word of an info string, in lower case; empty when there is none."""
    word = info.lstrip(" \t{.")[:40].lower()
    for stop in (" ", "\t", ":", ",", "{", "}", "="):
        word = word.partition(stop)[0]
    return word


def can_be(tag: str, extension: str) -> bool:
    """Say whether a block with this tag can be a file with this ending."""
    return tag not in TAGS or extension in TAGS[tag]


def is_written_in(tag: str, language: str) -> bool:
    """Say whether a block without a name may be source code of the language; no tag says nothing against it."""
    return tag in _UNTAGGED or (language in TAGS and TAGS.get(tag) == TAGS[language])
