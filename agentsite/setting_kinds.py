"""What a setting may be: how its text is read, and what to give where that can't be done.

Shared by what is read at the start (``agentsite.env``) and what can change later (``agentsite.accounts.runtime``).
"""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Generic, TypeVar

from django.utils.translation import gettext_noop as _

from agentsite.common.texts import holds_controls, reorders

T = TypeVar("T")
_FLAGS = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
_PAUSED = "paused"


@dataclass(frozen=True)
class Kind(Generic[T]):
    """How one sort of setting is read from a text, and written as one."""

    def read(self, text: str) -> T:
        """Return what a text says.

        :raises ValueError: it is none of this kind.
        """
        raise NotImplementedError

    def write(self, value: T) -> str:
        """Return the text that is read as this value."""
        return str(value)

    @property
    def wanted(self) -> str:
        """Return what to give, in English, with the names of ``bounds`` to be filled in."""
        return _("give a text")

    @property
    def bounds(self) -> Mapping[str, object]:
        """Return what ``wanted`` names."""
        return asdict(self)


@dataclass(frozen=True)
class Line(Kind[str]):
    """A text of one line."""

    most: int = 200

    def read(self, text: str) -> str:
        """Return the text without the space around it."""
        line = text.strip()
        if len(line) > self.most or holds_controls(line) or reorders(line):
            raise ValueError
        return line

    @property
    def wanted(self) -> str:
        """Name the longest."""
        return _("give at most %(most)d characters on one line")


@dataclass(frozen=True)
class Whole(Kind[int]):
    """A whole number within bounds."""

    least: int = 0
    most: int = 1_000_000

    def read(self, text: str) -> int:
        """Return the number."""
        number = int(text)
        if not self.least <= number <= self.most:
            raise ValueError
        return number

    @property
    def wanted(self) -> str:
        """Name the bounds."""
        return _("give a whole number from %(least)d to %(most)d")


@dataclass(frozen=True)
class Numbers(Kind[list[int]]):
    """Whole numbers with commas between them."""

    def read(self, text: str) -> list[int]:
        """Return the numbers."""
        return [int(word) for word in text.split(",") if word.strip()]

    @property
    def wanted(self) -> str:
        """Say how they stand."""
        return _("give whole numbers with commas between them")


@dataclass(frozen=True)
class Money(Kind[Decimal]):
    """An amount of money that is not negative."""

    digits: int = 9

    def read(self, text: str) -> Decimal:
        """Return the amount."""
        if not re.fullmatch(rf"[0-9]{{1,{self.digits}}}(?:\.[0-9]{{1,6}})?", text):
            raise ValueError
        return Decimal(text)

    def write(self, value: Decimal) -> str:
        """Return the shortest text for an amount."""
        return f"{value.normalize():f}"

    @property
    def wanted(self) -> str:
        """Show one."""
        return _("give an amount such as 0.50")


@dataclass(frozen=True)
class Budget(Kind[Decimal | None]):
    """An amount of money, or nothing where there is no limit."""

    amount: Money = Money(digits=6)

    def read(self, text: str) -> Decimal | None:
        """Return the amount; None for an empty text."""
        return self.amount.read(text) if text else None

    def write(self, value: Decimal | None) -> str:
        """Return the shortest text for an amount."""
        return "" if value is None else self.amount.write(value)

    @property
    def wanted(self) -> str:
        """Show one, and say what nothing means."""
        return _("give an amount such as 25.00 below a million, or nothing for no limit")


@dataclass(frozen=True)
class Flag(Kind[bool]):
    """Yes or no."""

    def read(self, text: str) -> bool:
        """Return which."""
        if text.lower() not in _FLAGS:
            raise ValueError
        return _FLAGS[text.lower()]

    @property
    def wanted(self) -> str:
        """Name both."""
        return _("give true or false")


@dataclass(frozen=True)
class Choice(Kind[str]):
    """One of some words."""

    choices: tuple[str, ...] = ()

    def read(self, text: str) -> str:
        """Return the word as it is in the list, however its letters were given."""
        found = {choice.lower(): choice for choice in self.choices}.get(text.lower())
        if found is None:
            raise ValueError
        return found

    @property
    def wanted(self) -> str:
        """Name them all."""
        return _("give one of %(names)s")

    @property
    def bounds(self) -> Mapping[str, object]:
        """Name them all."""
        return {"names": ", ".join(self.choices)}


@dataclass(frozen=True)
class Pause:
    """Whether nothing new is taken in, and what people are told of it."""

    is_paused: bool = False
    notice: str = ""


@dataclass(frozen=True)
class Intake(Kind[Pause]):
    """Open, or paused with a sentence for people."""

    notice: Line = Line(most=300)

    def read(self, text: str) -> Pause:
        """Return whether it is paused, and the sentence after the colon."""
        word, colon, notice = text.partition(":")
        is_paused = word.strip().lower() == _PAUSED
        if not is_paused and (colon or word.strip().lower() != "open"):
            raise ValueError
        return Pause(is_paused, self.notice.read(notice))

    def write(self, value: Pause) -> str:
        """Return the word, with the sentence where there is one."""
        if not value.is_paused:
            return "open"
        return f"{_PAUSED}: {value.notice}" if value.notice else _PAUSED

    @property
    def wanted(self) -> str:
        """Name both."""
        return _("give open; paused; or paused: and a sentence for people, of at most 300 characters on one line")
