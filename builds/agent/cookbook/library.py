"""The recipes on disk, read once and kept."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from builds.agent.values import Tree

_FOLDER = Path(__file__).parent / "recipes"


@dataclass(frozen=True)
class PublicFunction:
    """One entry of a recipe's public interface; a method is named ``Class.method``."""

    module: str
    name: str
    signature: str
    summary: str
    errors: tuple[str, ...]


@dataclass(frozen=True)
class Vocabulary:
    """The words by which a request may ask for a recipe; see ``words.matches`` for how they are compared.

    ``core`` holds groups of which each must be met by one of its words. ``direction`` is a pair of words such as
    ``("markdown", "html")`` for a recipe that converts one way only, and ``conflicts`` are words that, met in this
    order, ask for something else.
    """

    core: tuple[tuple[str, ...], ...]
    keywords: tuple[str, ...]
    phrases: tuple[str, ...]
    numbers: tuple[str, ...]
    direction: tuple[str, ...]
    conflicts: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Recipe:
    """One small program with its tests, described in English and Russian."""

    name: str
    titles: dict[str, str]
    descriptions: dict[str, str]
    tags: tuple[str, ...]
    vocabulary: Vocabulary
    functions: tuple[PublicFunction, ...]
    code: Tree
    tests: Tree

    def title(self, language: str) -> str:
        """Return the title in a language of people, ``en`` or ``ru``; English for any other."""
        return self.titles.get(language, self.titles["en"])

    def description(self, language: str) -> str:
        """Return the description, which is also a request that finds this recipe."""
        return self.descriptions.get(language, self.descriptions["en"])


@cache
def all_recipes() -> tuple[Recipe, ...]:
    """Return every recipe in order of name."""
    return tuple(_read(folder) for folder in sorted(_FOLDER.iterdir()) if (folder / "recipe.toml").is_file())


def _read(folder: Path) -> Recipe:
    data = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))
    files = {path.name: path.read_text(encoding="utf-8") for path in sorted((folder / "code").glob("*.py"))}
    return Recipe(
        name=folder.name,
        titles={"en": data["title_en"], "ru": data["title_ru"]},
        descriptions={"en": data["description_en"], "ru": data["description_ru"]},
        tags=tuple(data["tags"]),
        vocabulary=_vocabulary(data),
        functions=tuple(_function(entry) for entry in data["functions"]),
        code={name: text for name, text in files.items() if not _is_test(name)},
        tests={name: text for name, text in files.items() if _is_test(name)},
    )


def _vocabulary(data: dict[str, Any]) -> Vocabulary:
    return Vocabulary(
        core=tuple(tuple(group) for group in data["core"]),
        keywords=(*data["keywords_en"], *data["keywords_ru"]),
        phrases=tuple(data.get("phrases", ())),
        numbers=tuple(data.get("numbers", ())),
        direction=tuple(data.get("direction", ())),
        conflicts=tuple(data.get("conflicts", ())),
    )


def _function(entry: dict[str, Any]) -> PublicFunction:
    return PublicFunction(
        module=entry["module"],
        name=entry["name"],
        signature=entry["signature"],
        summary=entry["summary"],
        errors=tuple(entry["errors"]),
    )


def _is_test(name: str) -> bool:
    return name.startswith("test_")
