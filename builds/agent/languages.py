"""What the workflow must know of a language beside its toolchain: names, endings, and the words of the prompts."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from builds.agent.values import Tree

_WORDS = Path(__file__).parent / "prompts" / "languages"
_SECTION = re.compile(r"^=== ([a-z_]+)\n", re.MULTILINE)
_COMMON_JS = re.compile(r"^(?:module\.)?exports\b|\brequire\(", re.MULTILINE)
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")
_LONGEST_NAME = 100


@dataclass(frozen=True)
class Language:
    """How files of one language are called, and how a person runs their tests."""

    endings: tuple[str, ...]
    test_file: str
    """Name of a test file whose author gave none."""
    test_command: str


LANGUAGES: Mapping[str, Language] = {
    "python": Language((".py",), "test_project.py", "python -m pytest"),
    "javascript": Language((".js", ".mjs", ".cjs"), "project.test.js", "node --test"),
    "typescript": Language((".ts", ".mts", ".cts"), "project.test.ts", "node --test"),
}
_ERASABLE = {
    "target": "esnext",
    "module": "nodenext",
    "strict": True,
    "noEmit": True,
    "erasableSyntaxOnly": True,
    "verbatimModuleSyntax": True,
    "allowImportingTsExtensions": True,
}
"""Has tsc and editors accept what node can run by leaving out types, and nothing else."""


@cache
def words(language: str) -> Mapping[str, str]:
    """Return what prompts say in their own way for a language, by the name of the place.

    :raises KeyError: nothing is known of the language.
    """
    if language not in LANGUAGES:
        raise KeyError(language)
    return sections(_WORDS / f"{language}.md")


def sections(path: Path) -> dict[str, str]:
    """Return the parts of a file of prompts' words by their names."""
    _, *parts = _SECTION.split(path.read_text(encoding="utf-8"))
    return {name: text.strip() for name, text in zip(parts[::2], parts[1::2], strict=True)}


def support_files(language: str, *, project_name: str, code: Tree) -> dict[str, str]:
    """Return the files without which a project can't be used outside; what the model wrote goes before them."""
    if language not in {"javascript", "typescript"}:
        return {}
    name = _NOT_IN_A_NAME.sub("-", project_name.lower()).strip("-")[:_LONGEST_NAME] or "project"
    kind = {} if any(_COMMON_JS.search(text) for text in code.values()) else {"type": "module"}
    about = {"name": name, "version": "0.1.0", "private": True, **kind, "scripts": {"test": "node --test"}}
    if language == "javascript":
        return {"package.json": _as_json(about)}
    needs = {"engines": {"node": ">=22.18"}}
    return {"package.json": _as_json({**about, **needs}), "tsconfig.json": _as_json({"compilerOptions": _ERASABLE})}


def _as_json(content: Mapping[str, object]) -> str:
    return json.dumps(content, indent=2) + "\n"
