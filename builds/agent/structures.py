"""What a model is asked to answer as JSON; read with tolerance, kept within bounds."""

from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

MAX_LINE = 500
MAX_TEXT = 4_000


def _line(value: object) -> str:
    text = value if isinstance(value, str) else "" if value is None else str(value)
    return " ".join(text.split())[:MAX_LINE]


def _paragraph(value: object) -> str:
    return (value if isinstance(value, str) else "" if value is None else str(value)).strip()[:MAX_TEXT]


def _rows(value: object) -> list[object]:
    return list(value)[:50] if isinstance(value, list | tuple) else [value] if value else []


def records(*names: str) -> Callable[[object], list[object]]:
    """Read rows as models give them: objects, bare texts, objects by name; what can't be a row is left out."""

    def read(value: object) -> list[object]:
        if isinstance(value, dict) and names[0] not in value:
            value = [{names[0]: key, **(inner if isinstance(inner, dict) else {})} for key, inner in value.items()]
        rows = [dict.fromkeys(names, row) if isinstance(row, str) else row for row in _rows(value)]
        return [row for row in rows if isinstance(row, dict) and str(row.get(names[0]) or "").strip()]

    return read


Line = Annotated[str, BeforeValidator(_line)]
Paragraph = Annotated[str, BeforeValidator(_paragraph)]
Lines = Annotated[list[Line], BeforeValidator(_rows)]


def _bare_name(text: str) -> str:
    return text.partition("(")[0].removeprefix("def ").strip() or text


class Answer(BaseModel):
    """Ignore what was not asked for: models add things."""

    model_config = ConfigDict(extra="ignore")


class Interface(Answer):
    """One public function or class."""

    module: Line = ""
    name: Annotated[Line, AfterValidator(_bare_name)] = Field(min_length=1)
    signature: Line = ""
    summary: Line = ""
    errors: Lines = Field(default_factory=list)


class Analysis(Answer):
    """What is asked for, in terms that code and tests can both be written from."""

    problem: Paragraph = Field(min_length=1)
    interface: Annotated[list[Interface], BeforeValidator(records("name", "signature"))] = Field(min_length=1)
    assumptions: Lines = Field(default_factory=list)
    questions: Lines = Field(default_factory=list)
    risk: Line = "low"


class PlannedFile(Answer):
    """One file and what it is for."""

    path: Line = Field(min_length=1)
    purpose: Line = ""


class Plan(Answer):
    """Which files to write, in which order, and what to test."""

    files: Annotated[list[PlannedFile], BeforeValidator(records("path"))] = Field(min_length=1)
    tests: Lines = Field(default_factory=list)
    steps: Lines = Field(default_factory=list)
