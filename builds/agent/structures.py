"""What a model is asked to answer as JSON; read with tolerance, kept within bounds."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

MAX_LINE = 500
MAX_TEXT = 4_000


def _line(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return " ".join(text.split())[:MAX_LINE]


def _paragraph(value: object) -> str:
    return (value if isinstance(value, str) else "" if value is None else str(value)).strip()[:MAX_TEXT]


def _rows(value: object) -> list[object]:
    return list(value)[:50] if isinstance(value, list | tuple) else [value] if value else []


Line = Annotated[str, BeforeValidator(_line)]
Paragraph = Annotated[str, BeforeValidator(_paragraph)]
Lines = Annotated[list[Line], BeforeValidator(_rows)]


class Answer(BaseModel):
    """Ignore what was not asked for: models add things."""

    model_config = ConfigDict(extra="ignore")


class Interface(Answer):
    """One public function or class."""

    module: Line = ""
    name: Line = Field(min_length=1)
    signature: Line = ""
    summary: Line = ""
    errors: Lines = Field(default_factory=list)


class Analysis(Answer):
    """What is asked for, in terms that code and tests can both be written from."""

    problem: Paragraph = Field(min_length=1)
    interface: Annotated[list[Interface], BeforeValidator(_rows)] = Field(min_length=1)
    assumptions: Lines = Field(default_factory=list)
    questions: Lines = Field(default_factory=list)
    risk: Line = "low"


class PlannedFile(Answer):
    """One file and what it is for."""

    path: Line = Field(min_length=1)
    purpose: Line = ""


class Plan(Answer):
    """Which files to write, in which order, and what to test."""

    files: Annotated[list[PlannedFile], BeforeValidator(_rows)] = Field(min_length=1)
    tests: Lines = Field(default_factory=list)
    steps: Lines = Field(default_factory=list)
