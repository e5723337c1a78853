"""The labelled messages, and how many of them are read and planned as their labels say.

``labelled.jsonl`` was written for this purpose, by somebody who had not seen the rules. Half of it (``dev``) was looked
at while the rules were made; only how many of the other half (``held``) are right was.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from builds.agent.talking import offline
from builds.agent.talking.reading import read, speech_of
from builds.agent.talking.values import Outline, Reading

FILE = Path(__file__).with_name("labelled.jsonl")
PLANNED = ("build", "change", "plan")
ABOUT_BUILDS = ("build", "change", "question")


@dataclass(frozen=True)
class Label:
    """One message, and what it wants."""

    text: str
    speech: str
    waiting: bool
    busy: bool
    intent: str
    programming: str
    target: str
    named: str
    keeps: tuple[str, ...]
    split: str


@dataclass(frozen=True)
class Share:
    """How many of how many are right."""

    name: str
    right: int
    of: int

    @property
    def percent(self) -> float:
        """Return the share in percent."""
        return 100 * self.right / self.of if self.of else 0.0

    def __str__(self) -> str:
        return f"{self.name:<34} {self.right:>4} of {self.of:>4}  {self.percent:5.1f} %"


def labels() -> list[Label]:
    """Return all labelled messages."""
    rows: list[dict[str, Any]] = [json.loads(line) for line in FILE.read_text(encoding="utf-8").splitlines() if line]
    return [Label(**{**row, "keeps": tuple(row["keeps"])}) for row in rows]


def by_rules(label: Label, names: list[str]) -> Reading:
    """Read a message as the rules do."""
    return read(label.text, waiting=label.waiting, busy=label.busy, names=names)


def read_shares(rows: list[Label], reading: Callable[[Label], Reading]) -> list[Share]:
    """Return how much is read right: what is wanted, in which languages, about which build."""
    found = [(row, reading(row)) for row in rows]
    about = [(row, got) for row, got in found if row.intent in ABOUT_BUILDS]
    return [
        _share("intent", [got.intent == row.intent for row, got in found]),
        *(
            _share(
                f"intent, {speech}, {split}",
                [got.intent == row.intent for row, got in found if _is(row, speech, split)],
            )
            for speech in ("en", "ru")
            for split in ("dev", "held")
        ),
        _share("speech", [speech_of(row.text) == row.speech for row, _got in found]),
        _share("programming language", [got.programming == row.programming for row, got in found]),
        _share("which build it is about", [got.target == row.target for row, got in about]),
    ]


def planned_share(rows: Iterable[Label], outline: Callable[[Label], Outline]) -> Share:
    """Return how many plans keep every name, number and format that must not be lost."""
    wanted = [row for row in rows if row.intent in PLANNED]
    return _share(
        "plans that keep what matters", [all(each in outline(row).requirements for each in row.keeps) for row in wanted]
    )


def outline_by_rules(label: Label) -> Outline:
    """Plan a message as the rules do."""
    inputs = {"message": label.text, "speech": label.speech, "history": ""}
    return Outline.model_validate_json(offline.reply("outline", inputs))


def _is(row: Label, speech: str, split: str) -> bool:
    return (row.speech, row.split) == (speech, split)


def _share(name: str, right: list[bool]) -> Share:
    return Share(name, sum(right), len(right))
