"""The format that models are asked for, as shown to them in prompts; the parser reads it back unchanged."""

import re

from builds.agent.parsing.paths import extension_of, path_in_info
from builds.agent.parsing.tags import tag_of
from builds.agent.values import Tree

_BACKTICKS = re.compile(r"`{3,}")
_TAG_OF_EXTENSION = {
    "py": "python",
    "js": "javascript",
    "mjs": "javascript",
    "cjs": "javascript",
    "ts": "typescript",
    "mts": "typescript",
    "cts": "typescript",
    "md": "markdown",
    "json": "json",
    "toml": "toml",
    "html": "html",
    "css": "css",
    "sql": "sql",
    "yaml": "yaml",
    "yml": "yaml",
}


def render_files(tree: Tree) -> str:
    """Write files as fenced blocks with their path in the info string, in the tree's order.

    Text that does not end with a newline gets one. A name or a text that could be read as something else is marked
    with ``whole=``.
    """
    return "\n".join(_render(path, text) for path, text in tree.items())


def _render(path: str, text: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=2)
    fence = "`" * (longest + 1)
    body = f"{text}\n" if text and not text.endswith("\n") else text
    return f"{fence}{_info(path, text)}\n{body}{fence}\n"


def _info(path: str, text: str) -> str:
    info = f"{_TAG_OF_EXTENSION.get(extension_of(path), 'text')} {path}"
    found = path_in_info(info)
    if found is None or found.path != path or tag_of(path) == path or "<<<<<" in text:
        return f"text whole={path}"
    return info
