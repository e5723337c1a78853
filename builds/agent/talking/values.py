"""What the agent reads out of a message, what it proposes, and what it is answered."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, TypedDict

from pydantic import BeforeValidator, Field

from builds.agent.structures import Answer, Line, Lines, PlannedFile, records
from builds.agent.values import JsonDict


class Intent(StrEnum):
    """What somebody wants with a message."""

    BUILD = "build"
    CHANGE = "change"
    PLAN = "plan"
    QUESTION = "question"
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"
    REMEMBER = "remember"
    CHAT = "chat"


class Target(StrEnum):
    """Which build a message is about."""

    NEW = "new"
    LAST = "last"
    NAMED = "named"
    NONE = ""


def _one_of(kinds: type[StrEnum], default: StrEnum) -> BeforeValidator:
    known = {kind.value for kind in kinds}

    def read(value: object) -> str:
        text = str(value or "").strip().lower()
        return text if text in known else default.value

    return BeforeValidator(read)


def _whole(value: object) -> str:
    """Keep a request as long as it is: what is too long is refused where it is used, not cut."""
    return (value if isinstance(value, str) else "" if value is None else str(value)).strip()


def _intent(value: object) -> object:
    return value.strip().lower() if isinstance(value, str) else value


class Reading(Answer):
    """What a message says, as a model or the rules read it."""

    intent: Annotated[Intent, BeforeValidator(_intent)]
    programming: Line = ""
    """The programming language that it names; empty when it names none."""
    target: Annotated[Target, _one_of(Target, Target.NONE)] = Target.NONE
    named: Line = ""
    """The project that it names."""
    facts: Lines = Field(default_factory=list)
    """What it states of its author, their team and their tools; see ``stated.fitting``."""


class Outline(Answer):
    """What is to be built, as far as the conversation says."""

    project_name: Line = Field(min_length=1)
    requirements: Annotated[str, BeforeValidator(_whole), Field(min_length=1)]
    files: Annotated[list[PlannedFile], BeforeValidator(records("path"))] = Field(default_factory=list)
    steps: Lines = Field(default_factory=list)
    questions: Lines = Field(default_factory=list)


class Brief(TypedDict):
    """One of somebody's builds in a few words."""

    id: str
    name: str
    status: str
    verification: str
    language: str
    error: str
    passed: int
    total: int
    cost_usd: str
    created_at: str
    in_conversation: bool


class Proposal(TypedDict):
    """What the agent would do, complete: nothing else is needed to do it."""

    action: str
    """``build`` or ``fork``."""
    project_name: str
    requirements: str
    language: str
    model: str
    cost_at_most_usd: str | None
    """What all calls together can cost; it becomes the build's budget. None when the model's price is not known."""
    files: list[str]
    parent: str
    """The build that is changed; empty for a new one."""
    parent_name: str
    attempt: int
    budget_usd: str | None


@dataclass(frozen=True)
class Decision:
    """What became of a proposal."""

    status: str
    """``approved``, ``rejected``, ``superseded`` or ``expired``."""
    reason: str = ""
    changes: JsonDict = field(default_factory=dict)


class Reply(TypedDict, total=False):
    """What the agent says in the end."""

    text: str
    links: list[str]
    """Identifiers of builds that the text is about."""
    model: str
    """Which model wrote it; empty when the rules did."""
    fallback: str
    """Why the rules did although there is a model: a dotted code."""
    outline: JsonDict
    """The plan that the text shows."""
