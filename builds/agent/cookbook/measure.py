"""Measure the matching against a table of phrasings: ``python -m builds.agent.cookbook.measure [TABLE]``."""

import sys
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from builds.agent.cookbook.matching import LANGUAGE, Match, find_recipe, rank, unexplained_words

DEFAULT_TABLE = Path("tests/unit/cookbook/phrasings.toml")
_FLOORS = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)


@dataclass(frozen=True)
class Phrasing:
    """A request, and the recipe that it must find; an empty name means none."""

    text: str
    expects: str
    kind: str
    is_holdout: bool


@dataclass(frozen=True)
class Figures:
    """What the matching did with some phrasings."""

    found: int
    missed: tuple[Phrasing, ...]
    false: tuple[tuple[Phrasing, str], ...]

    @property
    def recall(self) -> float:
        """Share of the requests for a recipe that found it."""
        wanted = self.found + len(self.missed)
        return self.found / wanted if wanted else 1.0

    @property
    def precision(self) -> float:
        """Share of the matches that were right."""
        matched = self.found + len(self.false)
        return self.found / matched if matched else 1.0


def load_phrasings(table: Path) -> list[Phrasing]:
    """Read a table of phrasings."""
    entries = tomllib.loads(table.read_text(encoding="utf-8"))["phrasing"]
    return [Phrasing(entry["text"], entry["expects"], entry["kind"], entry.get("holdout", False)) for entry in entries]


def measure(phrasings: Iterable[Phrasing]) -> Figures:
    """Find a recipe for every phrasing and compare it with the one expected."""
    found = 0
    missed, false = [], []
    for phrasing in phrasings:
        answer = find_recipe(phrasing.text, LANGUAGE)
        name = answer.recipe.name if isinstance(answer, Match) else ""
        found += bool(name) and name == phrasing.expects
        if name and name != phrasing.expects:
            false.append((phrasing, name))
        if phrasing.expects and name != phrasing.expects:
            missed.append(phrasing)
    return Figures(found, tuple(missed), tuple(false))


def floors(phrasings: Iterable[Phrasing]) -> list[tuple[float, int, int]]:
    """Count, for several floors of the score, the right and the false matches that the best recipe would give."""
    bests = [(phrasing, max(rank(phrasing.text, LANGUAGE), key=lambda match: match.score)) for phrasing in phrasings]
    counts = []
    for floor in _FLOORS:
        matched = [(phrasing, best.recipe.name) for phrasing, best in bests if best.score >= floor]
        right = sum(phrasing.expects == name for phrasing, name in matched)
        counts.append((floor, right, len(matched) - right))
    return counts


def report(phrasings: list[Phrasing]) -> list[str]:
    """Write the figures as lines of text."""
    lines = []
    for title, holdout in (("tuned", False), ("held out", True)):
        figures = measure(phrasing for phrasing in phrasings if phrasing.is_holdout == holdout)
        lines.append(f"{title}: precision {figures.precision:.3f}, recall {figures.recall:.3f}")
        lines += [f"  FALSE {name}: {phrasing.text}" for phrasing, name in figures.false]
        lines += [f"  missed {phrasing.expects}: {phrasing.text} {_reason(phrasing)}" for phrasing in figures.missed]
    lines += [f"floor {floor}: {right} right, {false} false" for floor, right, false in floors(phrasings)]
    return lines


def _reason(phrasing: Phrasing) -> str:
    match = next(match for match in rank(phrasing.text, LANGUAGE) if match.recipe.name == phrasing.expects)
    return f"(score {match.score}, unexplained {unexplained_words(phrasing.text, match.recipe)})"


if __name__ == "__main__":
    table = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_TABLE
    sys.stdout.write("\n".join(report(load_phrasings(table))) + "\n")
